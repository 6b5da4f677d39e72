//! Whether an answer fits the schema that a step declares for it.

use jsonschema::{PatternOptions, Validator};
use naftiko_adapter::misfit::reason;
use naftiko_adapter::{Failure, FailureKind, Question};
use serde_json::Value;

/// Whether an answer fits the JSON Schema that a step declares for it; without one everything fits.
///
/// # Errors
/// Why it does not fit, or why the schema cannot be used, in one line that never shows the answer itself.
pub fn fits(schema: Option<&Value>, answer: &Value) -> Result<(), String> {
    let question = Question { result: schema.cloned(), ..Question::default() };
    let fit = Fit::of(&question).map_err(|failure| failure.message)?;
    fit.objection(answer).map_or(Ok(()), Err)
}

/// The `result` schema of a question, ready to be used.
pub(crate) struct Fit(Option<Validator>);

impl Fit {
    /// Prepares the schema; without one everything fits.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] when the schema itself cannot be used: no answer would ever be accepted.
    pub(crate) fn of(question: &Question) -> Result<Self, Failure> {
        let Some(schema) = &question.result else { return Ok(Self(None)) };
        // The linear engine: a pattern and an answer from outside must not be able to stop a run.
        let validator = jsonschema::options().with_pattern_options(PatternOptions::regex()).build(schema);
        match validator {
            Ok(validator) => Ok(Self(Some(validator))),
            Err(error) => {
                let reason = error.masked();
                let message = format!("the `result` schema of `{}` cannot be used: {reason}", question.step);
                Err(Failure::new(FailureKind::Refused, message))
            }
        }
    }

    /// Why `answer` does not fit, or nothing when it does. The reason never shows the answer itself.
    pub(crate) fn objection(&self, answer: &Value) -> Option<String> {
        let error = self.0.as_ref()?.validate(answer).err()?;
        let place = error.instance_path().to_string();
        let reason = reason(&error);
        Some(if place.is_empty() { reason } else { format!("{reason} (at `{place}`)") })
    }
}
