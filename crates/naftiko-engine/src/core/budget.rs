//! A retry budget for the whole run: when nothing works, retrying everything makes it worse.
//!
//! The budget is counted from the records, so that it survives resuming the run elsewhere.

use naftiko_journal::{Cause, Event};
use naftiko_plan::Plan;

use super::Run;
use super::task::Task;

/// The number of retries of every run.
const FREE: u64 = 10;
/// The number of calls that earn one more retry.
const CALLS: u64 = 5;

/// The retry budget of a run. Compensations and polls neither spend it nor are limited by it; polls are limited by
/// time, and are slow.
#[derive(Debug)]
pub(super) struct Budget {
    calls: u64,
    retries: u64,
    /// The retries that are independent of calls: `FREE`, or the greatest number of attempts of a single step, if that
    /// is more.
    free: u64,
}

impl Run {
    /// Whether a task spends the retry budget, and is limited by it.
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

    /// Counts an event of a budgeted task.
    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::AttemptStarted { .. } => self.calls = self.calls.saturating_add(1),
            // A retry after an interruption or a local shortage is not caused by a failure of the provider.
            Event::StepDelayed { failure: Some(failure), .. }
                if !matches!(failure.cause, Cause::Interrupted | Cause::LocalShortage) =>
            {
                self.retries = self.retries.saturating_add(1);
            }
            _ => {}
        }
    }

    /// The number of retries granted so far, including spent ones.
    pub(super) fn all(&self) -> u64 {
        self.free.saturating_add(self.calls / CALLS)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.retries >= self.all()
    }
}
