//! Undoing what was done: one at a time, in the reverse order of being done.
//!
//! Nothing that follows a step is done before it, so this order respects the graph. What cannot be undone stops the
//! rest; when the run is resumed it is tried again.

use std::ops::Range;

use jiff::Timestamp;
use naftiko_journal::{Event, Phase, address};

use super::Run;
use super::frame::Frame;
use super::task::{Inside, Role, Task};
use super::whole::Whole;

/// Something that comes to its end without success, and is undone first. None is within another.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// What undoes what was done in it, the first done first; nothing as long as attempts are under way in it.
    undo: Option<Vec<usize>>,
}

impl Run {
    /// Whether something could not be undone, and the run rests until somebody resumes it.
    pub fn is_halted(&self) -> bool {
        self.compensates() && self.closings.values().any(|closing| self.has_halted(closing))
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
        let closings = self.closings.values().filter(|_| self.compensates());
        closings.flat_map(|closing| closing.undo.iter().flatten()).filter_map(|at| {
            let task = self.tasks.get(*at)?;
            match task.phase {
                Phase::Failed { attempt } => Some((task, attempt)),
                _ => None,
            }
        })
    }

    fn has_halted(&self, closing: &Closing) -> bool {
        let next = closing.undo.as_ref().and_then(|undo| self.tasks.get(*undo.last()?));
        next.is_some_and(|task| matches!(task.phase, Phase::Failed { .. }))
    }

    /// What is undone next, or is being undone; `None` if all is undone, or must not be yet.
    pub(super) fn next_undo(&self, whole: Whole) -> Option<usize> {
        self.closings.get(&whole)?.undo.as_ref()?.last().copied()
    }

    /// Whether all that was done in something that closes down is undone.
    pub(super) fn is_undone(&self, whole: Whole) -> bool {
        let undo = self.closings.get(&whole).and_then(|closing| closing.undo.as_ref());
        undo.is_some_and(Vec::is_empty)
    }

    /// What a task is undone with.
    pub(super) fn closing_of(&self, at: usize) -> Option<Whole> {
        if self.closings.is_empty() {
            return None;
        }
        self.wholes(at).find(|whole| self.closings.contains_key(whole))
    }

    /// Whether the author wants a failed attempt of a task undone too.
    pub(super) fn undoes_failures(&self, task: &Task) -> bool {
        let compensate = self.step_of(task).and_then(|step| step.compensate.as_ref());
        !task.is_compensation() && compensate.is_some_and(|undo| undo.after_failure)
    }

    /// Notes that a task can be undone, if the author says how.
    pub(super) fn can_be_undone(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let has_compensation = self.step_of(task).is_some_and(|step| step.compensate.is_some());
        // Each item is undone by itself.
        if !has_compensation || task.items().is_some() {
            return;
        }
        let name = address::compensation(&task.name);
        let undo = self.add_task(Task::new(name, task.frame, task.position, Role::Compensation { of: at }));
        if let Some(task) = self.tasks.get_mut(at) {
            task.undo = Some(undo);
        }
        // Something under way outside may be done long after all else is being undone.
        if let Some(closing) = self.closing_of(undo).and_then(|whole| self.closings.get_mut(&whole))
            && let Some(collected) = &mut closing.undo
        {
            collected.push(undo);
        }
    }

    /// Once nothing is under way in what closes down, notes what undoes it; then forgets what is undone.
    pub(super) fn collect(&mut self, whole: Whole) {
        let is_active = self.course(whole).is_none_or(|course| course.active > 0);
        let is_collected = self.closings.get(&whole).is_some_and(|closing| closing.undo.is_some());
        if !is_collected && (is_active || !self.compensates()) {
            return;
        }
        let mut undo = match self.closings.get_mut(&whole) {
            Some(Closing { undo: Some(undo) }) => std::mem::take(undo),
            _ => self.undo_of(whole),
        };
        let is_done = |at: &usize| self.tasks.get(*at).is_none_or(|task| task.phase == Phase::Succeeded);
        while undo.last().is_some_and(is_done) {
            undo.pop();
        }
        if let Some(closing) = self.closings.get_mut(&whole) {
            closing.undo = Some(undo);
        }
    }

    /// What undoes what was done in something, the first done first.
    fn undo_of(&self, whole: Whole) -> Vec<usize> {
        let mut undo = Vec::new();
        let mut inside = self.to_be_undone(whole);
        while let Some(tasks) = inside.pop() {
            for task in tasks.filter_map(|at| self.tasks.get(at)) {
                match &task.inside {
                    Inside::Items(items) => inside.push(items.tasks()),
                    // A composition with a compensation of its own is undone by that, and not by its parts.
                    Inside::Frame(frame) if task.undo.is_none() => inside.extend(self.tasks_of(*frame)),
                    Inside::Frame(_) | Inside::Nothing => {}
                }
                undo.extend(task.undo);
            }
        }
        undo.retain(|at| self.tasks.get(*at).is_some_and(|task| task.phase != Phase::Succeeded));
        // What undoes something came up when that was done.
        undo.sort_unstable();
        undo
    }

    /// The parts of something that are undone when it fails. An item that is done stays done, whatever comes of the
    /// others; one that is broken off in the midst of its composition does not.
    fn to_be_undone(&self, whole: Whole) -> Vec<Range<usize>> {
        let Some(owner) = whole else { return self.tasks_of(0).into_iter().collect() };
        let unfinished = |item: &&Task| item.phase != Phase::Succeeded;
        match self.tasks.get(owner).map(|owner| &owner.inside) {
            Some(Inside::Frame(frame)) => self.tasks_of(*frame).into_iter().collect(),
            Some(Inside::Items(items)) => {
                let items = items.tasks().filter_map(|item| self.tasks.get(item)).filter(unfinished);
                let frames = items.filter_map(|item| match item.inside {
                    Inside::Frame(frame) => Some(frame),
                    Inside::Items(_) | Inside::Nothing => None,
                });
                frames.filter_map(|frame| self.tasks_of(frame)).collect()
            }
            Some(Inside::Nothing) | None => Vec::new(),
        }
    }

    fn tasks_of(&self, frame: usize) -> Option<Range<usize>> {
        self.frames.get(frame).map(Frame::tasks)
    }
}
