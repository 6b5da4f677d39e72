//! Tests of the adapter: written requests, refused requests, and exchanges over real sockets.

mod answers;
mod conformance;
mod credential;
mod departures;
mod egress;
mod texts;
mod tls;
mod token;
mod wire;

use std::sync::Arc;

use naftiko_adapter::{Arguments, Call, Method, Operation, Parameter, Place, RequestBody};
use serde_json::{Value, json};

pub(crate) fn operation(method: Method, path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation { parameters, ..Operation::new("acme", "Things_do", method, path) }
}

pub(crate) fn json_body(required: bool) -> RequestBody {
    RequestBody::new("application/json", required, json!({}))
}

pub(crate) fn parameter(place: Place, name: &str) -> Parameter {
    Parameter::new(name, place, json!({}))
}

pub(crate) fn arguments<const N: usize>(given: [(Place, &str, Value); N]) -> Arguments {
    let parameters =
        given.into_iter().map(|(place, name, value)| ((place, name.to_owned()), value)).collect();
    Arguments { parameters, body: None }
}

pub(crate) fn call(operation: Operation, arguments: Arguments) -> Call {
    Call {
        step: "do-things".to_owned(),
        attempt: 1,
        operation: Arc::new(operation),
        arguments,
        timeout: None,
        idempotency_key: None,
    }
}
