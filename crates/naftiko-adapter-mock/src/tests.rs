//! Tests of the mock, over operations that are written like those of real providers.

mod assumed;
mod conformance;
mod fit;
mod onboarding;
mod pages;
mod receive;
mod resources;
mod script;

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_adapter::{
    Adapter as _, Arguments, Call, Failure, Method, Operation, Parameter, Place, RequestBody, Response,
    ResponseSpec,
};
use serde_json::Value;

use crate::MockAdapter;

/// An operation whose description has a response with `status` and `schema`.
pub(crate) fn operation(method: Method, path: &str, status: &str, schema: Option<Value>) -> Operation {
    let spec = ResponseSpec {
        content_type: schema.as_ref().map(|_| "application/json".to_owned()),
        schema,
        examples: Vec::new(),
    };
    let in_path = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    Operation {
        parameters: in_path.map(|name| parameter(Place::Path, name)).collect(),
        responses: IndexMap::from([(status.to_owned(), spec)]),
        ..Operation::new("acme", format!("{} {path}", method.as_str()), method, path)
    }
}

pub(crate) fn with_query(mut operation: Operation, names: &[&str]) -> Operation {
    operation.parameters.extend(names.iter().map(|name| parameter(Place::Query, name)));
    operation
}

pub(crate) fn with_body(mut operation: Operation, schema: Value) -> Operation {
    operation.body = Some(RequestBody::new("application/json", true, schema));
    operation
}

pub(crate) fn with_definitions(mut operation: Operation, definitions: &Value) -> Operation {
    operation.definitions = definitions.as_object().cloned().unwrap_or_default();
    operation
}

pub(crate) fn parameter(place: Place, name: &str) -> Parameter {
    Parameter::new(name, place, Value::Bool(true))
}

/// A call of `operation` with arguments by name, each in the place of its parameter, and with a body if there is one.
pub(crate) fn call(operation: &Operation, given: &[(&str, Value)], body: Option<Value>) -> Call {
    let place = |name: &str| {
        let known = operation.parameters.iter().find(|parameter| parameter.name == name);
        known.map_or(Place::Query, |parameter| parameter.place)
    };
    let parameters =
        given.iter().map(|(name, value)| ((place(name), (*name).to_owned()), value.clone())).collect();
    Call {
        step: "step".to_owned(),
        attempt: 1,
        operation: Arc::new(operation.clone()),
        arguments: Arguments { parameters, body },
        timeout: None,
        idempotency_key: None,
    }
}

/// The outcome of a call. The mock never waits, so a minimal runtime suffices.
pub(crate) fn say(mock: &MockAdapter, call: &Call) -> Result<Response, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(mock.invoke(call))
}

/// The body of the response to a call that must succeed.
pub(crate) fn ask(
    mock: &MockAdapter,
    operation: &Operation,
    given: &[(&str, Value)],
    body: Option<Value>,
) -> Value {
    let response = say(mock, &call(operation, given, body)).expect("an answer");
    assert!((200..300).contains(&response.status), "{response:?}");
    response.into_body()
}

/// The status of the response to a call.
pub(crate) fn status(
    mock: &MockAdapter,
    operation: &Operation,
    given: &[(&str, Value)],
    body: Option<Value>,
) -> u16 {
    say(mock, &call(operation, given, body)).expect("an answer").status
}
