//! How often a run may retry in all: where nothing works, retrying everything makes it worse.
//!
//! It is counted from the records, so a run that is resumed elsewhere has spent as much.

use naftiko_journal::{Cause, Event};
use naftiko_plan::Plan;

use super::Run;
use super::task::Task;

/// How many retries every run has.
const FREE: u64 = 10;
/// For so many calls there is one more.
const CALLS: u64 = 5;

/// The retries of a run. What undoes something neither spends them nor is bound by them, nor what is polled: that is
/// bound by time, and asks slowly.
#[derive(Debug)]
pub(super) struct Budget {
    calls: u64,
    retries: u64,
    /// How many it has whatever it calls: as many as the author allows a single step, if that is more.
    free: u64,
}

impl Run {
    /// Whether a task spends the retries of the run, and is bound by them.
    pub(super) fn is_budgeted(&self, task: &Task) -> bool {
        let is_polled = self.invoke_of(task).is_some_and(|(_, invoke)| invoke.poll.is_some());
        !task.is_compensation() && !is_polled
    }
}

impl Budget {
    pub(super) fn of(plan: &Plan) -> Self {
        let embedded = plan.embedded();
        let plans = std::iter::once(plan).chain(embedded.iter().map(AsRef::as_ref));
        let attempts = plans.flat_map(Plan::invokes).map(|invoke| u64::from(invoke.retry.attempts));
        Self { calls: 0, retries: 0, free: attempts.max().unwrap_or_default().max(FREE) }
    }

    /// Counts what an event says of something that is done, and not undone.
    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::AttemptStarted { .. } => self.calls = self.calls.saturating_add(1),
            // What was cut off, or not sent for lack of means, is not tried again because it failed.
            Event::StepDelayed { failure: Some(failure), .. }
                if !matches!(failure.cause, Cause::Interrupted | Cause::LocalShortage) =>
            {
                self.retries = self.retries.saturating_add(1);
            }
            _ => {}
        }
    }

    /// How many retries there are by now, spent ones too.
    pub(super) fn all(&self) -> u64 {
        self.free.saturating_add(self.calls / CALLS)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.retries >= self.all()
    }
}
