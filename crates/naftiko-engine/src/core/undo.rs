//! Undoing what was done: one at a time, in the reverse order of being done.
//!
//! Nothing that follows a step is done before it, so this order respects the graph. What cannot be undone stops the
//! rest; when the run is resumed it is tried again.

use jiff::Timestamp;
use naftiko_journal::{Event, Phase};

use super::task::Task;
use super::{Command, Run};

impl Run {
    /// Whether something could not be undone, and the run rests until somebody resumes it.
    pub fn is_halted(&self) -> bool {
        self.halted().next().is_some()
    }

    /// The events that let a run that rests so go on: what could not be undone is tried again, from `now` on.
    pub fn retries(&self, now: Timestamp) -> Vec<Event> {
        let retry = |(task, attempt): (&Task, u32)| Event::StepDelayed {
            step: task.name.clone(),
            attempt,
            until: now,
            failure: task.progress.failure.clone(),
        };
        self.halted().map(retry).collect()
    }

    /// The names of what could not be undone.
    pub fn halted_steps(&self) -> Vec<&str> {
        self.halted().map(|(task, _)| task.name.as_str()).collect()
    }

    /// What could not be undone, with the last attempt.
    fn halted(&self) -> impl Iterator<Item = (&Task, u32)> {
        self.undoable.iter().filter_map(|at| {
            let task = self.tasks.get(*at)?;
            match task.phase {
                Phase::Failed { attempt } => Some((task, attempt)),
                _ => None,
            }
        })
    }

    /// What is undone next in a composition, or is being undone.
    pub(super) fn last_undoable(&self, frame: usize) -> Option<usize> {
        let is_undone = |at: &usize| self.tasks.get(*at).is_none_or(|task| task.phase == Phase::Succeeded);
        let mut latest = self.undoable.iter().rev().filter(|at| !is_undone(at));
        latest.find(|at| frame == 0 || self.is_within(**at, frame)).copied()
    }

    /// The command that begins to undo it; nothing if that has begun.
    pub(super) fn undo(&mut self, at: usize) -> Option<Command> {
        let task = self.tasks.get_mut(at)?;
        if task.phase != Phase::Pending || task.is_handed_out {
            return None;
        }
        task.is_handed_out = true;
        Some(self.attempt(at, 1))
    }
}
