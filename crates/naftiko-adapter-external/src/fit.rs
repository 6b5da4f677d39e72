//! Validates an answer against the schema that its step declares.

use naftiko_adapter::{Failure, FailureKind, Question};
use naftiko_schema::{Options, Schema, Verdict};
use serde_json::{Map, Value};

/// Validates an answer against the JSON Schema that its step declares; without a schema every answer is valid.
///
/// # Errors
/// The first violation, or why the schema cannot be used, in one line that never shows the answer itself.
pub fn fits(schema: Option<&Value>, answer: &Value) -> Result<(), String> {
    let question = Question { result: schema.cloned(), ..Question::default() };
    let fit = Fit::of(&question).map_err(|failure| failure.message)?;
    fit.objection(answer).map_or(Ok(()), Err)
}

/// The compiled `result` schema of a question.
pub(crate) struct Fit(Option<Schema>);

impl Fit {
    /// Compiles the schema; without one every answer is valid.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] when the schema itself cannot be used: no answer would ever be accepted.
    pub(crate) fn of(question: &Question) -> Result<Self, Failure> {
        let Some(schema) = &question.result else { return Ok(Self(None)) };
        let schema = Schema::compile(schema, &Map::new(), Options::STRICT);
        let Some(defect) = schema.defects().into_iter().next() else { return Ok(Self(Some(schema))) };
        let at =
            if defect.pointer.is_empty() { String::new() } else { format!(" (at `{}`)", defect.pointer) };
        let message =
            format!("the `result` schema of `{}` cannot be used: {}{at}", question.step, defect.reason);
        Err(Failure::new(FailureKind::Refused, message))
    }

    /// The first violation of the schema by `answer`; `None` if it is valid. The text never shows the answer itself. An
    /// answer that cannot be checked within the budget of the validator is invalid.
    pub(crate) fn objection(&self, answer: &Value) -> Option<String> {
        let report = self.0.as_ref()?.examine(answer, 1);
        if report.verdict == Verdict::Fits {
            return None;
        }
        let violation = report.violations.first().map(|it| (it.pointer.as_str(), it.redacted()));
        let undecided = || {
            let (pointer, pattern) = report.undecided.first()?;
            Some((pointer.as_str(), format!("it cannot be checked: `{pattern}` needs too many steps for it")))
        };
        let exhausted = || ("", "it cannot be checked: its schema needs too many steps for it".to_owned());
        let (place, reason) = violation.or_else(undecided).unwrap_or_else(exhausted);
        Some(if place.is_empty() { reason } else { format!("{reason} (at `{place}`)") })
    }
}
