//! How a run ends.

use indexmap::IndexMap;
use naftiko_journal::{Cause, Event, Failure, Status};
use serde_json::Value;

use super::Run;
use super::failure;
use super::redact::MASK;

impl Run {
    /// The end of a run whose steps all succeeded: with its outputs, or failed because one is not there.
    pub(super) fn end_with_outputs(&self) -> Event {
        match self.evaluate_outputs() {
            Ok(outputs) => {
                Event::RunFinished { status: Status::Succeeded, outputs: self.mask(outputs), failure: None }
            }
            Err(failure) => failed(failure),
        }
    }

    /// The end of a run in which nothing can begin any more. Such a plan is refused long before, unless somebody wrote
    /// it by hand.
    pub(super) fn end_of_the_stuck(&self) -> Event {
        let stuck = self.stuck().map_or("", |step| &step.id);
        let why = "steps that it follows wait for each other, or its id is used twice";
        failed(failure::of(Cause::Unresolved, format!("step `{stuck}` can never begin: {why}")))
    }

    pub(super) fn evaluate_outputs(&self) -> Result<IndexMap<String, Value>, Failure> {
        self.plan
            .outputs
            .iter()
            .map(|output| match output.source.evaluate(&self.scope) {
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

    fn mask(&self, mut outputs: IndexMap<String, Value>) -> IndexMap<String, Value> {
        for output in self.plan.outputs.iter().filter(|output| output.sensitive) {
            if let Some(value) = outputs.get_mut(&output.name) {
                *value = MASK.into();
            }
        }
        outputs
    }
}

fn failed(failure: Failure) -> Event {
    Event::RunFinished { status: Status::Failed, outputs: IndexMap::new(), failure: Some(failure) }
}
