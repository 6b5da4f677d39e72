//! Scopes: a composition, or the items of a step.
//!
//! A failing part fails its scope, and so on outwards, up to a step with `onFailure: continue` or to the run itself.
//! From then on nothing in these scopes starts; running attempts end on their own.

use std::ops::Range;

use naftiko_journal::{Phase, RunPhase};
use naftiko_plan::OnFailure;

use super::Run;
use super::frame::Frame;
use super::task::{Inside, Role};
use super::undo::Closing;

/// A scope, identified by the task that it is the inside of; `None` is the run itself.
pub(super) type Whole = Option<usize>;

/// The common state of compositions and lists of items.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The number of attempts running in the scope, including nested ones.
    pub(super) active: usize,
    /// The first part whose failure failed the scope.
    pub(super) failed: Option<usize>,
    /// Whether the scope is ending without success: nothing in it starts any more.
    pub(super) is_closing: bool,
}

impl Run {
    pub(super) fn course(&self, whole: Whole) -> Option<&Course> {
        let Some(owner) = whole else { return self.frames.first().map(|frame| &frame.course) };
        match &self.tasks.get(owner)?.inside {
            Inside::Nothing => None,
            Inside::Items(items) => Some(&items.course),
            Inside::Frame(frame) => self.frames.get(*frame).map(|frame| &frame.course),
        }
    }

    pub(super) fn course_mut(&mut self, whole: Whole) -> Option<&mut Course> {
        let Some(owner) = whole else { return self.frames.first_mut().map(|frame| &mut frame.course) };
        match &mut self.tasks.get_mut(owner)?.inside {
            Inside::Nothing => None,
            Inside::Items(items) => Some(&mut items.course),
            Inside::Frame(frame) => self.frames.get_mut(*frame).map(|frame| &mut frame.course),
        }
    }

    /// The scope that directly contains a task. The compensation of an item is outside the items, because they are over
    /// then.
    pub(super) fn whole_of(&self, at: usize) -> Whole {
        let task = self.tasks.get(at)?;
        match task.role {
            Role::Item { of, .. } => Some(of),
            Role::Step | Role::Compensation { .. } => self.frames.get(task.frame)?.owner,
        }
    }

    /// The scopes that contain a task, from the innermost to the run itself.
    pub(super) fn wholes(&self, at: usize) -> impl Iterator<Item = Whole> {
        std::iter::successors(Some(self.whole_of(at)), |whole| whole.map(|owner| self.whole_of(owner)))
    }

    /// Whether a scope that contains the task is ending without success.
    pub(super) fn is_stopped(&self, at: usize) -> bool {
        self.wholes(at).any(|whole| self.is_closing(whole))
    }

    pub(super) fn is_closing(&self, whole: Whole) -> bool {
        self.course(whole).is_some_and(|course| course.is_closing)
    }

    /// Whether the scope and everything around it are open.
    pub(super) fn is_open(&self, whole: Whole) -> bool {
        match whole {
            None => !matches!(self.ledger.phase(), RunPhase::Finished(_)),
            Some(owner) => {
                let is_open = |task: usize| {
                    self.tasks.get(task).is_some_and(|task| matches!(task.phase, Phase::Open { .. }))
                };
                is_open(owner) && self.wholes(owner).flatten().all(is_open)
            }
        }
    }

    /// Whether a failure of the scope does not fail the scope around it.
    pub(super) fn keeps_failure(&self, whole: Whole) -> bool {
        let Some(owner) = whole.and_then(|owner| self.tasks.get(owner)) else { return true };
        owner.role == Role::Step
            && self.step_of(owner).is_some_and(|step| step.on_failure == OnFailure::Continue)
    }

    /// Nothing starts any more in a scope, and in the scopes that fail with it.
    pub(super) fn close_down(&mut self, whole: Whole) {
        let mut whole = whole;
        loop {
            match self.course_mut(whole) {
                Some(course) if !course.is_closing => course.is_closing = true,
                _ => return,
            }
            match whole {
                Some(owner) if !self.keeps_failure(whole) => whole = self.whole_of(owner),
                _ => break,
            }
        }
        // A scope within a failing scope is compensated as part of that.
        if whole.is_none_or(|owner| !self.is_stopped(owner)) {
            self.stop_parts(whole);
            self.closings.insert(whole, Closing::default());
            self.collect(whole);
        }
    }

    /// Drops the outstanding starts and waits of all parts of a scope.
    fn stop_parts(&mut self, whole: Whole) {
        for part in self.parts_of(whole).unwrap_or_default() {
            let Some(task) = self.tasks.get_mut(part) else { continue };
            if std::mem::take(&mut task.is_released) {
                self.startable = self.startable.saturating_sub(1);
            }
            let (waits_until, is_open) = (task.waits_until(), matches!(task.phase, Phase::Open { .. }));
            if let Some(until) = waits_until {
                self.waits.remove(&(until, part));
            }
            self.handed_out.remove(&part);
            self.abandon(part);
            if is_open {
                self.closings.remove(&Some(part));
                self.stop_parts(Some(part));
            }
        }
    }

    fn parts_of(&self, whole: Whole) -> Option<Range<usize>> {
        let frame = match whole {
            None => 0,
            Some(owner) => match &self.tasks.get(owner)?.inside {
                Inside::Frame(frame) => *frame,
                Inside::Items(items) => return Some(items.tasks()),
                Inside::Nothing => return None,
            },
        };
        self.frames.get(frame).map(Frame::tasks)
    }

    /// Gives up the next attempt of a task, because its scope is failing. If the attempts so far may have had an
    /// effect, and the author wants failures compensated, the task is marked to fail.
    pub(super) fn abandon(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let is_undone = self.undoes_failures(task);
        if is_undone && matches!(task.phase, Phase::Delayed { .. }) && task.progress.has_acted {
            self.abandoned.insert(at);
        }
    }
}
