//! What is written, what is refused, and what happens on a real socket.

mod body;
mod conformance;
mod credential;
mod departures;
mod egress;
mod request;
mod style;
mod texts;
mod tls;
mod token;
mod wire;

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_adapter::{Arguments, Call, Method, Operation, Parameter, Place, RequestBody, Style};
use serde_json::{Map, Value, json};

pub(crate) fn operation(method: Method, path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        provider: "acme".to_owned(),
        id: "Things_do".to_owned(),
        method,
        path: path.to_owned(),
        parameters,
        body: None,
        responses: IndexMap::new(),
        definitions: Map::new(),
        idempotency_key: None,
        deprecated: false,
    }
}

pub(crate) fn json_body(required: bool) -> RequestBody {
    RequestBody::new("application/json", required, json!({}))
}

pub(crate) fn parameter(place: Place, name: &str) -> Parameter {
    let style = if matches!(place, Place::Path | Place::Header) { Style::Simple } else { Style::Form };
    Parameter {
        name: name.to_owned(),
        place,
        required: place == Place::Path,
        style,
        explode: style == Style::Form,
        allow_reserved: false,
        content_type: None,
        schema: json!({}),
        deprecated: false,
        description: None,
    }
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
