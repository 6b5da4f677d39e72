//! The outputs of a composition.

use indexmap::IndexMap;
use naftiko_expr::Budget;
use naftiko_journal::{Cause, Failure};
use serde_json::Value;

use super::frame::Frame;
use super::redact::MASK;
use super::{Run, failure};

impl Run {
    /// The failure of a composition in which no step can start any more. `check` rejects such a plan, so it was written
    /// by hand.
    pub(super) fn stuck(frame: &Frame) -> Failure {
        let stuck = frame.stuck().map_or("", |step| &step.id);
        let why = "steps that it follows wait for each other, or its id is used twice";
        failure::of(Cause::Unresolved, format!("step `{stuck}` can never begin: {why}"))
    }

    /// Evaluates the outputs of a composition whose steps are over.
    pub(super) fn evaluate_outputs(&self, frame: usize) -> Result<IndexMap<String, Value>, Failure> {
        let Some(frame) = self.frames.get(frame) else { return Ok(IndexMap::new()) };
        let budget = Budget::default();
        frame
            .plan
            .outputs
            .iter()
            .map(|output| match output.source.evaluate_within(&frame.scope, &budget) {
                Ok(Some(value)) => Ok((output.name.clone(), value)),
                Ok(None) => Err(failure::of(
                    Cause::Unresolved,
                    format!("output `{}` has no value: `{}` is absent", output.name, output.source),
                )),
                Err(error) => Err(failure::of(
                    failure::cause(&error),
                    self.redaction.text(&format!("output `{}` has no value: {error}", output.name)),
                )),
            })
            .collect()
    }

    /// The outputs of the run with the sensitive ones redacted.
    pub(super) fn mask(&self, mut outputs: IndexMap<String, Value>) -> IndexMap<String, Value> {
        for output in self.plan.outputs.iter().filter(|output| output.sensitive) {
            if let Some(value) = outputs.get_mut(&output.name) {
                *value = MASK.into();
            }
        }
        outputs
    }
}
