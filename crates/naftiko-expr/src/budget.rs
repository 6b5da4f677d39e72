//! Limits on the work of evaluations and on the size of the values that they create. Both are counted, and an
//! evaluation that exceeds a limit fails.

use std::cell::Cell;

use serde_json::Value;

/// The default limit on work, for evaluations that are not limited by the size of their inputs: some seconds of CPU
/// time.
const WORK: u64 = 1 << 28;
/// The work that every evaluation may do, however small its inputs are.
const FREE: u64 = 10_000;
/// The work allowed per input value, in addition to one unit per byte of the expression.
const EACH: u64 = 32;
/// The size of the values that evaluations may create, copies included. A response of the largest default size fits.
const SIZE: u64 = 2_000_000;
/// The bytes of text that count as one value.
const BYTES: usize = 64;

/// The size of a value: one for the value and for each value inside it, and one for each 64 bytes of text.
pub fn size(value: &Value) -> u64 {
    let within: u64 = match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.iter().map(|(name, field)| size(field) + of_text(name)).sum(),
        Value::String(text) => of_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    within.saturating_add(1)
}

/// Like [`size`], but for a list it counts only its items and their text, and for an object nothing inside it.
pub(crate) fn surface(value: &Value) -> u64 {
    let text = |item: &Value| 1 + item.as_str().map_or(0, of_text);
    match value {
        Value::Array(items) => items.iter().map(text).sum::<u64>().saturating_add(1),
        other => text(other),
    }
}

/// The size of a text with this many bytes.
pub(crate) fn of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes / BYTES).unwrap_or(u64::MAX)
}

fn of_text(text: &str) -> u64 {
    of_bytes(text.len())
}

/// The most work that it takes to compare two values for equality.
pub(crate) fn comparison(left: &Value, right: &Value) -> u64 {
    match (left, right) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => size(left),
        (Value::String(left), Value::String(right)) => of_text(left).min(of_text(right)) + 1,
        _ => 1,
    }
}

/// The remaining budget for the evaluations of one message, one request or one set of outputs.
///
/// Work is counted in values that are read, and size as in [`size`]. The default allows 2²⁸ units of work. The total
/// size of the created values is limited to 2,000,000 plus the size of the largest value that is copied whole, so a
/// document that copies a value once never exceeds the limit.
#[derive(Debug)]
pub struct Budget {
    work: Cell<u64>,
    made: Cell<u64>,
    largest: Cell<u64>,
}

/// The limit that an evaluation exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Too many values are read.
    Work,
    /// The created values are too large.
    Size,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of_work(WORK)
    }
}

impl Budget {
    /// A budget for an expression with this text over values of this size: linear in both.
    pub(crate) fn linear(text: &str, size: u64) -> Self {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Self::of_work(EACH.saturating_add(length).saturating_mul(size).saturating_add(FREE))
    }

    fn of_work(work: u64) -> Self {
        Self { work: Cell::new(work), made: Cell::new(0), largest: Cell::new(0) }
    }

    /// Deducts work from the remaining work.
    ///
    /// # Errors
    /// [`Bound::Work`] if less is left; the remaining work is then zero.
    pub(crate) fn spend(&self, work: u64) -> Result<(), Bound> {
        let rest = self.work.get().checked_sub(work);
        self.work.set(rest.unwrap_or_default());
        rest.map(|_| ()).ok_or(Bound::Work)
    }

    /// Records that a new value of this size is created.
    ///
    /// # Errors
    /// [`Bound::Size`] if the values that were created so far are too large together, and [`Bound::Work`].
    pub(crate) fn make(&self, size: u64) -> Result<(), Bound> {
        let made = self.made.get().saturating_add(size);
        self.made.set(made);
        if made > SIZE.saturating_add(self.largest.get()) {
            return Err(Bound::Size);
        }
        self.spend(size)
    }

    /// Runs an evaluation whose created values are discarded, so their size does not count.
    pub(crate) fn in_passing<T>(&self, evaluate: impl FnOnce() -> T) -> T {
        let made = self.made.get();
        let result = evaluate();
        self.made.set(made);
        result
    }

    /// Records that an existing value is copied.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub(crate) fn copy(&self, value: &Value) -> Result<(), Bound> {
        let size = size(value);
        self.largest.set(self.largest.get().max(size));
        self.make(size)
    }
}
