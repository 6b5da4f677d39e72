//! An example of a custom adapter: a key-value store, here in memory.
//!
//! The example shows everything that an adapter must do, and checks the adapter with the conformance kit:
//!
//! ```text
//! cargo run -p naftiko-adapter --example key_value --features conformance
//! ```
//!
//! An `OpenAPI` description defines the operations of the store for compositions. The adapter receives the operation
//! with each call and needs no other input.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use naftiko_adapter::conformance::{Scene, Stage, Subject, examine};
use naftiko_adapter::{
    Adapter, Arguments, Call, Failure, FailureKind, Method, Operation, Parameter, Place, RequestBody,
    Response, async_trait,
};
use serde_json::{Value, json};

/// An adapter that stores one value per key.
///
/// Supports two operations: `GET /values/{key}`, and `PUT /values/{key}` with the value as its body.
#[derive(Debug, Default)]
struct KeyValue {
    values: Mutex<BTreeMap<String, Value>>,
}

#[async_trait]
impl Adapter for KeyValue {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let request = understood(call)?;
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match request {
            Request::Get { key } => match values.get(key) {
                Some(value) => answer(200, json!([key, value])),
                // Not a failure: the call was carried out, and its result is 404.
                None => answer(404, json!({"error": "there is no such key"})),
            },
            Request::Put { key, value } => {
                values.insert(key.to_owned(), value.clone());
                answer(200, json!([key, value]))
            }
        })
    }
}

/// A parsed call.
enum Request<'a> {
    Get { key: &'a str },
    Put { key: &'a str, value: &'a Value },
}

/// Parses a call. An invalid call is refused before it has an effect.
fn understood(call: &Call) -> Result<Request<'_>, Failure> {
    let refused = |message: &str| Failure::new(FailureKind::Refused, message);
    let only_key =
        call.arguments.parameters.keys().all(|(place, name)| *place == Place::Path && name == "key");
    if !only_key {
        return Err(refused("the store takes no parameter but the `key`"));
    }
    let key = call.arguments.parameter(Place::Path, "key").and_then(Value::as_str);
    let key = key.ok_or_else(|| refused("the store needs a `key`, which is text"))?;
    match (call.operation.method, &call.arguments.body) {
        (Method::Get, None) => Ok(Request::Get { key }),
        (Method::Put, Some(value)) => Ok(Request::Put { key, value }),
        (Method::Put, None) => Err(refused("the store needs a value to keep")),
        (method, _) => Err(refused(&format!("the store has no such `{}`", method.as_str()))),
    }
}

fn answer(status: u16, body: Value) -> Response {
    Response::new(status, [("content-type".to_owned(), "application/json".to_owned())].into(), body)
}

/// The store as a subject of the conformance kit. It has no network connection, so scenes about one are not staged.
struct Examined;

#[async_trait]
impl Subject for Examined {
    async fn stage(&self, scene: &Scene) -> Option<Stage> {
        let (method, text) = match scene {
            Scene::Answers => (Method::Put, "a text"),
            Scene::Declines => (Method::Get, "nowhere"),
            Scene::Echoes(text) => (Method::Put, text.as_str()),
            _ => return None,
        };
        let store = Arc::new(Counted::default());
        let taken = Arc::clone(&store);
        Some(Stage {
            adapter: store,
            call: call(method, text),
            taken: Arc::new(move || *taken.calls.lock().unwrap_or_else(PoisonError::into_inner)),
            secrets: Vec::new(),
        })
    }
}

/// The store with a counter of the calls that it received. A networked adapter would count at the server.
#[derive(Debug, Default)]
struct Counted {
    store: KeyValue,
    calls: Mutex<usize>,
}

#[async_trait]
impl Adapter for Counted {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let outcome = self.store.invoke(call).await;
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) += usize::from(outcome.is_ok());
        outcome
    }
}

/// A call as the engine makes it: the operation from its description, and checked arguments.
fn call(method: Method, text: &str) -> Call {
    let schema = json!({"type": "string"});
    let takes_body = method == Method::Put;
    let id = if takes_body { "putValue" } else { "getValue" };
    let operation = Operation {
        parameters: vec![Parameter::new("key", Place::Path, schema.clone())],
        body: takes_body.then(|| RequestBody::new("application/json", true, schema)),
        ..Operation::new("store", id, method, "/values/{key}")
    };
    let parameters = [((Place::Path, "key".to_owned()), json!(text))].into();
    Call {
        step: "keep".to_owned(),
        attempt: 1,
        operation: Arc::new(operation),
        arguments: Arguments { parameters, body: takes_body.then(|| json!(text)) },
        timeout: None,
        idempotency_key: None,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let report = examine(&Examined).await;
    print!("{report}");
    if report.is_conforming() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
