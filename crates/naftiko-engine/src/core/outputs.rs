//! The outputs of a composition.

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_expr::{Base, Budget, EvaluationError, ExprKind, Path, Root};
use naftiko_journal::{Cause, Failure};
use naftiko_plan::Output;
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
        failure::of(Cause::Unresolved, format!("step `{stuck}` can never start: {why}"))
    }

    /// Evaluates the outputs of a composition whose steps are over. An output that is the whole result of a step shares it.
    pub(super) fn evaluate_outputs(&self, frame: usize) -> Result<IndexMap<String, Arc<Value>>, Failure> {
        let Some(frame) = self.frames.get(frame) else { return Ok(IndexMap::new()) };
        let budget = Budget::default();
        frame
            .plan
            .outputs
            .iter()
            .map(|output| match evaluated(output, frame, &budget) {
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
    pub(super) fn mask(&self, mut outputs: IndexMap<String, Arc<Value>>) -> IndexMap<String, Arc<Value>> {
        for output in self.plan.outputs.iter().filter(|output| output.sensitive) {
            if let Some(value) = outputs.get_mut(&output.name) {
                *value = Arc::new(MASK.into());
            }
        }
        outputs
    }
}

fn evaluated(output: &Output, frame: &Frame, budget: &Budget) -> Result<Option<Arc<Value>>, EvaluationError> {
    let whole = match &output.source.root().kind {
        ExprKind::Path(Path { base: Base::Root(Root::Step(id), _), selectors }) if selectors.is_empty() => {
            frame.scope.position(id).and_then(|position| frame.scope.result(position))
        }
        _ => None,
    };
    match whole {
        Some(result) => Ok(Some(Arc::clone(result))),
        None => {
            let value = output.source.evaluate_within(&frame.scope, budget)?;
            Ok(value.map(Arc::new))
        }
    }
}
