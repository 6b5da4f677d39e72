//! Detects polls that never end: the mock gives the same response repeatedly, and no call of the run changes it.

use std::collections::BTreeMap;

use naftiko_adapter::{Call, Failure, FailureKind, Operation, Response};
use serde_json::{Map, Value, json};

use crate::shape::Shape;

/// The number of equal consecutive responses that fails a step.
const MOST_EQUAL: u32 = 100;

/// Counts the equal consecutive responses of each step.
#[derive(Default)]
pub(crate) struct Repeats {
    steps: BTreeMap<String, Repeated>,
}

/// The latest response of a step, and how often it was given in a row.
struct Repeated {
    attempt: u32,
    answer: Response,
    count: u32,
}

impl Repeats {
    /// Counts a response.
    ///
    /// # Errors
    /// A refusal if a step got this response for the hundredth time in a row and no unsafe call came in between.
    /// Responses from a script (`is_scripted`) are not counted: the author intends them.
    pub(crate) fn notice(
        &mut self,
        call: &Call,
        answer: &Response,
        is_scripted: bool,
    ) -> Result<(), Failure> {
        if is_scripted {
            return Ok(());
        }
        if !call.operation.is_safe() {
            // This call may change the responses of other steps.
            self.steps.clear();
            return Ok(());
        }
        let known = self.steps.get_mut(&call.step);
        let known = known.filter(|known| known.attempt < call.attempt && known.answer == *answer);
        let Some(known) = known else {
            let repeated = Repeated { attempt: call.attempt, answer: answer.clone(), count: 1 };
            self.steps.insert(call.step.clone(), repeated);
            return Ok(());
        };
        known.attempt = call.attempt;
        known.count += 1;
        if known.count < MOST_EQUAL {
            return Ok(());
        }
        Err(Failure::new(FailureKind::Refused, message(&call.operation, answer)))
    }
}

fn message(operation: &Operation, answer: &Response) -> String {
    let patch =
        patch(operation, &answer.body).map_or_else(|| "{FIELD: VALUE}".to_owned(), |patch| flow(&patch));
    format!(
        "the mock gave the same response {MOST_EQUAL} times, and this run cannot change it; change it in a \
         script (`--script FILE`, or the `mock` of a test): `operations: {{{}: [{{times: 3}}, {{patch: \
         {patch}}}]}}`",
        operation.id
    )
}

/// An example of a script patch: another allowed value for the first field that has several.
fn patch(operation: &Operation, body: &Value) -> Option<Value> {
    let schema = operation.success()?.1.schema.as_ref()?;
    changed(&operation.definitions, &[schema], body, 0)
}

fn changed(
    definitions: &Map<String, Value>,
    schemas: &[&Value],
    found: &Value,
    depth: usize,
) -> Option<Value> {
    let shape = Shape::of(definitions, schemas, Some(found));
    match found {
        _ if depth > 4 => None,
        Value::Object(fields) => shape.properties().into_iter().find_map(|(name, schemas)| {
            let inner = changed(definitions, &schemas, fields.get(name)?, depth + 1)?;
            Some(json!({ name: inner }))
        }),
        Value::Array(items) => {
            Some(Value::Array(vec![changed(definitions, &shape.items(), items.first()?, depth + 1)?]))
        }
        single if depth > 0 => {
            let other = shape.fixed().into_iter().find(|value| *value != single && !value.is_null());
            other.cloned().filter(|_| shape.constant().is_none())
        }
        _ => None,
    }
}

/// A value as YAML in flow style.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", flow(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') => {
            text.clone()
        }
        other => other.to_string(),
    }
}
