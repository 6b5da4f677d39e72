//! Bounds on the work of evaluations and on the size of the values that they make. Both are counted, and an evaluation
//! that exceeds a bound fails.

use std::cell::Cell;

use serde_json::Value;

/// The work that evaluations may do which are not bounded by the size of what they read: some seconds of a processor.
const WORK: u64 = 1 << 28;
/// The work that any evaluation may do.
const FREE: u64 = 10_000;
/// The work for each value that is there to be looked at, besides as much as the expression is long.
const EACH: u64 = 32;
/// The size of the values that evaluations may make, copies included: an answer of the largest default size fits.
const SIZE: u64 = 2_000_000;
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

/// How much there is to look at in a text of this many bytes.
pub(crate) fn of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes / BYTES).unwrap_or(u64::MAX)
}

fn of_text(text: &str) -> u64 {
    of_bytes(text.len())
}

/// How much it takes at most to find out whether two values are equal.
pub(crate) fn comparison(left: &Value, right: &Value) -> u64 {
    match (left, right) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => size(left),
        (Value::String(left), Value::String(right)) => of_text(left).min(of_text(right)) + 1,
        _ => 1,
    }
}

/// What the evaluations of one message, one request or one set of outputs may still do.
///
/// Work is counted in values that are looked at, and size as in [`size`]. The default allows 2²⁸ of work. The values
/// that are made may have a size of 2,000,000, plus that of the largest value that is copied whole: what a document
/// copies once never exceeds the bound.
#[derive(Debug)]
pub struct Budget {
    work: Cell<u64>,
    made: Cell<u64>,
    largest: Cell<u64>,
}

/// Which bound an evaluation exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Too many values are looked at.
    Work,
    /// The values that are made are too large.
    Size,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of_work(WORK)
    }
}

impl Budget {
    /// For an expression of this text over values of this size: work that is linear in both.
    pub(crate) fn linear(text: &str, size: u64) -> Self {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Self::of_work(EACH.saturating_add(length).saturating_mul(size).saturating_add(FREE))
    }

    fn of_work(work: u64) -> Self {
        Self { work: Cell::new(work), made: Cell::new(0), largest: Cell::new(0) }
    }

    /// Takes some work from what is left.
    ///
    /// # Errors
    /// [`Bound::Work`] if less is left; then nothing is.
    pub(crate) fn spend(&self, work: u64) -> Result<(), Bound> {
        let rest = self.work.get().checked_sub(work);
        self.work.set(rest.unwrap_or_default());
        rest.map(|_| ()).ok_or(Bound::Work)
    }

    /// Allows a new value of this size to be made.
    ///
    /// # Errors
    /// [`Bound::Size`] if it is too large together with those that were made before, and [`Bound::Work`].
    pub(crate) fn make(&self, size: u64) -> Result<(), Bound> {
        let made = self.made.get().saturating_add(size);
        self.made.set(made);
        if made > SIZE.saturating_add(self.largest.get()) {
            return Err(Bound::Size);
        }
        self.spend(size)
    }

    /// Does some evaluation of which no value remains but one that is true or false.
    pub(crate) fn in_passing<T>(&self, evaluate: impl FnOnce() -> T) -> T {
        let made = self.made.get();
        let result = evaluate();
        self.made.set(made);
        result
    }

    /// Allows a value to be copied that is there already.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub(crate) fn copy(&self, value: &Value) -> Result<(), Bound> {
        let size = size(value);
        self.largest.set(self.largest.get().max(size));
        self.make(size)
    }
}
