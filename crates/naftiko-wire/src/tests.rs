//! Unit tests of rendering and parsing: written forms, rejections, and round trips.

mod body;
mod fit;
mod numbers;
mod request;
mod round_trip;
mod style;
mod table;

use naftiko_adapter::{Arguments, Method, Operation, Parameter, Place, RequestBody};
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
