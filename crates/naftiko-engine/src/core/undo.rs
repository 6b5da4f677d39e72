//! Compensation: one task at a time, in the reverse order of success.
//!
//! A step never succeeds before the steps it follows, so this order respects the graph. A failed compensation stops the
//! rest, and is retried when the run is resumed.

use std::ops::Range;

use jiff::Timestamp;
use naftiko_journal::{Event, Phase, address};

use super::Run;
use super::frame::Frame;
use super::task::{Inside, Role, Task};
use super::whole::Whole;

/// A failing scope that must be compensated before it ends. Such scopes never nest.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// The outstanding compensations in order of the tasks they compensate; `None` while attempts are running in the
    /// scope.
    undo: Option<Vec<usize>>,
}

impl Run {
    /// Whether a compensation failed, so that the run rests until it is resumed.
    pub fn is_halted(&self) -> bool {
        self.compensates() && self.closings.values().any(|closing| self.has_halted(closing))
    }

    /// The events that let a halted run continue: failed compensations are retried from `now` on.
    pub fn retries(&self, now: Timestamp) -> Vec<Event> {
        let retry = |(task, attempt): (&Task, u32)| Event::StepDelayed {
            step: task.name.clone(),
            attempt,
            until: now,
            failure: task.progress.failure.clone(),
        };
        self.halted().map(retry).collect()
    }

    /// The names of the failed compensations.
    pub fn halted_steps(&self) -> Vec<&str> {
        self.halted().map(|(task, _)| task.name.as_str()).collect()
    }

    /// The failed compensations, each with its last attempt.
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

    /// The compensation that is next or running; `None` if there is none, or compensation must not start yet.
    pub(super) fn next_undo(&self, whole: Whole) -> Option<usize> {
        self.closings.get(&whole)?.undo.as_ref()?.last().copied()
    }

    /// Whether everything in a failing scope is compensated.
    pub(super) fn is_undone(&self, whole: Whole) -> bool {
        let undo = self.closings.get(&whole).and_then(|closing| closing.undo.as_ref());
        undo.is_some_and(Vec::is_empty)
    }

    /// The failing scope that a task is in, if any.
    pub(super) fn closing_of(&self, at: usize) -> Option<Whole> {
        if self.closings.is_empty() {
            return None;
        }
        self.wholes(at).find(|whole| self.closings.contains_key(whole))
    }

    /// Whether the author wants failed attempts of a task compensated too.
    pub(super) fn undoes_failures(&self, task: &Task) -> bool {
        let compensate = self.step_of(task).and_then(|step| step.compensate.as_ref());
        !task.is_compensation() && compensate.is_some_and(|undo| undo.after_failure)
    }

    /// Creates the compensation of a task, if its step defines one.
    pub(super) fn can_be_undone(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let has_compensation = self.step_of(task).is_some_and(|step| step.compensate.is_some());
        // Each item has its own compensation.
        if !has_compensation || task.items().is_some() {
            return;
        }
        let name = address::compensation(&task.name);
        let undo = self.add_task(Task::new(name, task.frame, task.position, Role::Compensation { of: at }));
        if let Some(task) = self.tasks.get_mut(at) {
            task.undo = Some(undo);
        }
        // An attempt can end after the compensation of its scope has started.
        if let Some(closing) = self.closing_of(undo).and_then(|whole| self.closings.get_mut(&whole))
            && let Some(collected) = &mut closing.undo
        {
            collected.push(undo);
        }
    }

    /// When the scope is quiescent, builds its compensation stack; then pops the compensations that are done.
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

    /// The outstanding compensations of a scope, in order of the tasks they compensate.
    fn undo_of(&self, whole: Whole) -> Vec<usize> {
        let mut undo = Vec::new();
        let mut inside = self.to_be_undone(whole);
        while let Some(tasks) = inside.pop() {
            for task in tasks.filter_map(|at| self.tasks.get(at)) {
                match &task.inside {
                    Inside::Items(items) => inside.push(items.tasks()),
                    // A composition with a compensation of its own is compensated by that, and not by its parts.
                    Inside::Frame(frame) if task.undo.is_none() => inside.extend(self.tasks_of(*frame)),
                    Inside::Frame(_) | Inside::Nothing => {}
                }
                undo.extend(task.undo);
            }
        }
        undo.retain(|at| self.tasks.get(*at).is_some_and(|task| task.phase != Phase::Succeeded));
        // Compensations are created in the order in which their tasks succeeded.
        undo.sort_unstable();
        undo
    }

    /// The tasks of a scope that are compensated when it fails. A finished item remains done, whatever the outcome of
    /// the others; an item that was stopped within its composition does not.
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
