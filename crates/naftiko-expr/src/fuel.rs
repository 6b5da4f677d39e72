//! A bound on the work of one evaluation: what is looked at is counted, and an evaluation that looks at too much ends.

use std::cell::Cell;

use serde_json::Value;

/// The work that any evaluation may do.
const FREE: u64 = 10_000;
/// The work for each value that is there to be looked at, besides as much as the expression is long.
const EACH: u64 = 32;
/// So many bytes of text count like one value.
const BYTES: usize = 64;

/// How much there is to look at in a value: each value in it counts as one, and so do each 64 bytes of text.
pub fn size(value: &Value) -> u64 {
    let within: u64 = match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.iter().map(|(name, field)| size(field) + of_text(name)).sum(),
        Value::String(text) => of_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    within.saturating_add(1)
}

/// As [`size`], without what is within lists and objects, as far as that is no text.
pub(crate) fn surface(value: &Value) -> u64 {
    let text = |item: &Value| 1 + item.as_str().map_or(0, of_text);
    match value {
        Value::Array(items) => items.iter().map(text).sum::<u64>().saturating_add(1),
        other => text(other),
    }
}

fn of_text(text: &str) -> u64 {
    u64::try_from(text.len() / BYTES).unwrap_or(u64::MAX)
}

/// How much it takes at most to find out whether two values are equal.
pub(crate) fn comparison(left: &Value, right: &Value) -> u64 {
    match (left, right) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => size(left),
        (Value::String(left), Value::String(right)) => of_text(left).min(of_text(right)) + 1,
        _ => 1,
    }
}

/// What is left of the work that an evaluation may do; `None` for any amount.
#[derive(Debug)]
pub(crate) struct Fuel(Option<Cell<u64>>);

impl Fuel {
    /// Without a bound.
    pub(crate) fn unlimited() -> Self {
        Self(None)
    }

    /// For an expression of this text over values of this size, linear in both.
    pub(crate) fn of(text: &str, size: u64) -> Self {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Self(Some(Cell::new(EACH.saturating_add(length).saturating_mul(size).saturating_add(FREE))))
    }

    /// Whether there is enough left for some work, which is done with then. How much it is, is found out only where it
    /// matters.
    pub(crate) fn spend(&self, work: impl FnOnce() -> u64) -> bool {
        let Some(left) = &self.0 else { return true };
        let rest = left.get().checked_sub(work());
        left.set(rest.unwrap_or_default());
        rest.is_some()
    }
}
