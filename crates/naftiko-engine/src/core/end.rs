//! Ends compositions and lists of items.

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_expr::copied;
use naftiko_journal::{Cause, Event, Failure, Phase, RunPhase, Status};
use serde_json::Value;

use super::frame::Frame;
use super::task::{Inside, Items};
use super::whole::Whole;
use super::{Command, Run, failure};

/// The next event of a scope in which no attempt is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ripeness {
    /// The compensation of this task starts.
    Undo(usize),
    /// The scope ends.
    Succeeds,
    Fails,
    IsCancelled,
}

impl Run {
    /// Updates whether a scope can be ended or compensated further.
    pub(super) fn ripen(&mut self, whole: Whole) {
        if self.ripeness(whole).is_some() {
            self.ripe.insert(whole);
        } else {
            self.ripe.remove(&whole);
        }
    }

    /// The next event of a scope; `None` while an attempt is running in it, or something has to be awaited.
    pub(super) fn ripeness(&self, whole: Whole) -> Option<Ripeness> {
        let course = self.course(whole).filter(|course| course.active == 0)?;
        // A run cancelled without compensation ends as it is.
        if !self.is_open(whole) || (whole.is_some() && !self.compensates()) {
            return None;
        }
        if whole.is_none() && matches!(self.ledger.phase(), RunPhase::Cancelled { .. }) {
            return self.undone_or(whole, Ripeness::IsCancelled);
        }
        let has_failed = course.failed.is_some() || self.broken(whole).is_some();
        if has_failed {
            // A scope whose failure spreads ends at once. One that contains its failure is compensated first; within a
            // failing scope, that scope compensates it and it never ends.
            return if self.keeps_failure(whole) {
                self.undone_or(whole, Ripeness::Fails)
            } else {
                Some(Ripeness::Fails)
            };
        }
        let is_stopped = course.is_closing || whole.is_some_and(|owner| self.is_stopped(owner));
        (!is_stopped && self.is_done(whole)).then_some(Ripeness::Succeeds)
    }

    /// The next compensation, unless it has started; the end, once everything is compensated.
    fn undone_or(&self, whole: Whole, end: Ripeness) -> Option<Ripeness> {
        if !self.compensates() || self.is_undone(whole) {
            return Some(end);
        }
        let next = self.next_undo(whole)?;
        let is_pending = self.tasks.get(next).is_some_and(|task| task.phase == Phase::Pending);
        (is_pending && !self.handed_out.contains(&next)).then_some(Ripeness::Undo(next))
    }

    /// The command that ends a scope, or starts its next compensation.
    pub(super) fn close(&mut self, whole: Whole) -> Option<Command> {
        let ripeness = self.ripeness(whole)?;
        if let Ripeness::Undo(at) = ripeness {
            let command = self.attempt(at, 1, self.latest);
            if matches!(command, Command::Invoke { .. }) {
                self.handed_out.insert(at);
            }
            return Some(command);
        }
        Some(Command::Record(match whole {
            Some(owner) => self.step_ends(owner, ripeness),
            None => self.run_ends(ripeness),
        }))
    }

    fn step_ends(&mut self, owner: usize, how: Ripeness) -> Event {
        let step = self.tasks.get(owner).map(|owner| owner.name.clone()).unwrap_or_default();
        let result = if how == Ripeness::Succeeds {
            self.result_of_parts(owner)
        } else {
            Err(self.failure_of(Some(owner)))
        };
        match result {
            Ok(result) => Event::step_succeeded(step, result),
            Err(failure) => Event::StepFailed { step, attempt: None, failure },
        }
    }

    fn run_ends(&self, how: Ripeness) -> Event {
        let (status, outputs, failure) = match how {
            Ripeness::Succeeds => match self.evaluate_outputs(0) {
                Ok(outputs) => (Status::Succeeded, self.mask(outputs), None),
                Err(failure) => (Status::Failed, IndexMap::new(), Some(failure)),
            },
            Ripeness::IsCancelled => (Status::Cancelled, IndexMap::new(), None),
            // The reason was recorded with the failed step.
            Ripeness::Fails | Ripeness::Undo(_) => {
                let status = if self.undone > 0 { Status::Compensated } else { Status::Failed };
                (status, IndexMap::new(), self.broken(None).cloned())
            }
        };
        Event::RunFinished { status, outputs, failure }
    }

    /// The combined result of the parts of a task. The results of items move there, so that large ones are not in memory
    /// twice; from then on, [`Run::result`] finds them in the list.
    fn result_of_parts(&mut self, owner: usize) -> Result<Value, Failure> {
        match self.tasks.get(owner).map(|owner| &owner.inside) {
            Some(Inside::Items(items)) => {
                let parts = items.tasks();
                let parts = self.tasks.get_mut(parts).unwrap_or_default();
                Ok(parts.iter_mut().map(|part| part.result.take().map_or(Value::Null, own)).collect())
            }
            Some(Inside::Frame(frame)) => {
                let outputs = self.evaluate_outputs(*frame)?;
                Ok(outputs.into_iter().map(|(name, value)| (name, own(value))).collect())
            }
            Some(Inside::Nothing) | None => Ok(Value::Null),
        }
    }

    /// The reason why a scope failed.
    fn failure_of(&self, whole: Whole) -> Failure {
        if let Some(broken) = self.broken(whole) {
            return broken.clone();
        }
        match self.failed_part(whole).and_then(|part| self.tasks.get(part)) {
            Some(part) => failure::of_part(part),
            None => failure::of(Cause::Refused, "it was interrupted"),
        }
    }

    /// The innermost task whose failure came first in this scope.
    pub(super) fn failed_part(&self, whole: Whole) -> Option<usize> {
        let mut part = self.course(whole)?.failed?;
        while let Some(within) = self.course(Some(part)).and_then(|course| course.failed) {
            part = within;
        }
        Some(part)
    }

    /// The reason why a composition failed although none of its steps did.
    fn broken(&self, whole: Whole) -> Option<&Failure> {
        let frame = match whole {
            None => self.frames.first(),
            Some(owner) => match self.tasks.get(owner)?.inside {
                Inside::Frame(frame) => self.frames.get(frame),
                Inside::Items(_) | Inside::Nothing => None,
            },
        };
        frame?.broken.as_ref()
    }

    /// Whether all parts of a scope are over, and none of them fails it.
    fn is_done(&self, whole: Whole) -> bool {
        let Some(owner) = whole else { return self.frames.first().is_some_and(Frame::is_done) };
        match self.tasks.get(owner).map(|owner| &owner.inside) {
            Some(Inside::Items(items)) => Items::are_done(items),
            Some(Inside::Frame(frame)) => self.frames.get(*frame).is_some_and(Frame::is_done),
            Some(Inside::Nothing) | None => false,
        }
    }
}

/// A value that may be shared, as a value of its own.
fn own(value: Arc<Value>) -> Value {
    Arc::try_unwrap(value).unwrap_or_else(|value| copied(&value))
}
