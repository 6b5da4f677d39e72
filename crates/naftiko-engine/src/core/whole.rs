//! What tasks are part of: a composition, or the items of a step.
//!
//! A part that fails fails its whole, and so on outwards, up to a step whose author lets the run go on, or to the run
//! itself. From that moment nothing of all this begins; what is under way ends in its own time.

use std::ops::Range;

use naftiko_journal::{Phase, RunPhase};
use naftiko_plan::OnFailure;

use super::Run;
use super::frame::Frame;
use super::task::{Inside, Role};
use super::undo::Closing;

/// A composition or the items of a step, by the task whose inside it is; `None` is the run itself.
pub(super) type Whole = Option<usize>;

/// What is true of a composition and of items alike.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// How many attempts are under way in it, and in what is in it.
    pub(super) active: usize,
    /// The first of its parts whose failure is its own.
    pub(super) failed: Option<usize>,
    /// Whether it comes to its end without success: nothing of it begins any more.
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

    /// What a task is part of, directly. What undoes an item is part of no items: they are over then.
    pub(super) fn whole_of(&self, at: usize) -> Whole {
        let task = self.tasks.get(at)?;
        match task.role {
            Role::Item { of, .. } => Some(of),
            Role::Step | Role::Compensation { .. } => self.frames.get(task.frame)?.owner,
        }
    }

    /// What a task is part of, the nearest first and the run itself last.
    pub(super) fn wholes(&self, at: usize) -> impl Iterator<Item = Whole> {
        std::iter::successors(Some(self.whole_of(at)), |whole| whole.map(|owner| self.whole_of(owner)))
    }

    /// Whether something that a task is part of comes to its end without success.
    pub(super) fn is_stopped(&self, at: usize) -> bool {
        self.wholes(at).any(|whole| self.is_closing(whole))
    }

    pub(super) fn is_closing(&self, whole: Whole) -> bool {
        self.course(whole).is_some_and(|course| course.is_closing)
    }

    /// Whether it is neither over, nor in something that is.
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

    /// Whether its failure is not that of what it is part of.
    pub(super) fn keeps_failure(&self, whole: Whole) -> bool {
        let Some(owner) = whole.and_then(|owner| self.tasks.get(owner)) else { return true };
        owner.role == Role::Step
            && self.step_of(owner).is_some_and(|step| step.on_failure == OnFailure::Continue)
    }

    /// Nothing of a whole begins any more, and nothing of what fails with it.
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
        // What is in something that closes down is undone with that.
        if whole.is_none_or(|owner| !self.is_stopped(owner)) {
            self.stop_parts(whole);
            self.closings.insert(whole, Closing::default());
            self.collect(whole);
        }
    }

    /// What of it has not begun, or waits, never will.
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

    /// An attempt that would be made again is not, since all around it closes down. If it may have done something that
    /// the author wants undone, it has failed.
    pub(super) fn abandon(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let is_undone = self.undoes_failures(task);
        if is_undone && matches!(task.phase, Phase::Delayed { .. }) && task.progress.has_acted {
            self.abandoned.insert(at);
        }
    }
}
