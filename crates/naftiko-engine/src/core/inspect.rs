//! Read-only queries of a run.

use std::sync::Arc;

use naftiko_adapter::Operation;
use naftiko_journal::Phase;

use super::Run;
use super::unanswered::PERSISTENT;

impl Run {
    /// The step whose failure ended the run or is ending it; the innermost one, if the failure happened in an item or
    /// an inner composition. `None` if no failure of a step ends the run.
    pub fn failing_step(&self) -> Option<&str> {
        let failed = self.failed_part(None)?;
        self.tasks.get(failed).map(|task| task.name.as_str())
    }

    /// The resource that this machine lacks, as reported by the first step that failed `PERSISTENT` times in a row for
    /// this reason; `None` if there is no such step.
    pub fn shortage(&self) -> Option<&str> {
        let waiting = self.tasks.iter().filter(|task| matches!(task.phase, Phase::Delayed { .. }));
        let mut failures =
            waiting.filter(|task| task.progress.shortages >= PERSISTENT).map(|task| &task.progress.failure);
        failures.find_map(|failure| failure.as_ref().map(|failure| failure.message.as_str()))
    }

    /// Whether this attempt of a step is running.
    pub fn is_under_way(&self, step: &str, attempt: u32) -> bool {
        self.step(step).is_some_and(|state| state.phase == Phase::Running { attempt })
    }

    /// The operation of a step; `None` if it has none.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        let (plan, invoke) = self.invoke_of(self.tasks.get(self.task_of(name)?)?)?;
        plan.operation(invoke)
    }
}
