//! Looking at a run.

use std::sync::Arc;

use naftiko_adapter::Operation;

use super::Run;
use super::task::Inside;

impl Run {
    /// The step that the run, or what closes it now, failed at: the innermost, where it failed in an item or in a
    /// composition. Nothing if no step ends the run.
    pub fn failing_step(&self) -> Option<&str> {
        let mut failed = self.frames.first()?.failed?;
        loop {
            let task = self.tasks.get(failed)?;
            let within = match &task.inside {
                Inside::Nothing => None,
                Inside::Items(items) => items.failed,
                Inside::Frame(frame) => self.frames.get(*frame).and_then(|frame| frame.failed),
            };
            match within {
                Some(within) => failed = within,
                None => return Some(&task.name),
            }
        }
    }

    /// The operation that a step carries out; nothing for one that carries none out.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        let (plan, invoke) = self.invoke_of(self.tasks.get(self.task_of(name)?)?)?;
        plan.operation(invoke)
    }
}
