//! Applies a record to its task, and propagates the consequences.

use std::sync::Arc;

use naftiko_journal::{Cause, Event, Failure, Phase, Record, Ruling};
use naftiko_plan::OnFailure;
use serde_json::{Map, Value};

use super::Run;
use super::frame::Frame;
use super::open::Opened;
use super::pages::Pages;
use super::task::{Items, Role, Task};
use super::whole::Whole;

impl Run {
    pub(super) fn apply_to_task(&mut self, at: usize, record: &Record, opened: Option<Opened>) {
        if self.tasks.get(at).is_some_and(|task| self.is_budgeted(task)) {
            self.budget.count(&record.event);
        }
        self.note_progress(at, record);
        self.move_on(at);
        match &record.event {
            Event::AttemptStarted { attempt: 1, .. } => self.hide_arguments(at),
            Event::PageReceived { items, .. } => self.hide_page(at, items),
            Event::StepFailed { .. } => self.fail(at),
            Event::StepSucceeded { result, status, .. } => {
                self.succeed(at, self.given(at, *status, result));
            }
            Event::DoubtResolved { ruling: Ruling::Happened { result }, .. } => {
                self.succeed(at, self.given(at, None, &Arc::new(result.clone())));
            }
            Event::StepSkipped { .. } => self.is_over(at),
            Event::StepAsked { .. } => self.todo.push_back(at),
            _ => {}
        }
        if let Some(opened) = opened {
            self.open(at, opened);
            self.ripen(Some(at));
        }
        if let Some(closing) = self.closing_of(at) {
            self.collect(closing);
        }
        let wholes: Vec<Whole> = self.wholes(at).collect();
        for whole in wholes {
            self.ripen(whole);
        }
    }

    fn note_progress(&mut self, at: usize, record: &Record) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let progress = &mut task.progress;
        match &record.event {
            Event::AttemptStarted { .. } => {
                progress.first_began.get_or_insert(record.at);
                progress.last_began = Some(record.at);
            }
            Event::MessageStarted { until, .. } => {
                progress.first_began.get_or_insert(record.at);
                progress.last_began = Some(record.at);
                progress.answer_until = *until;
            }
            // The message was delivered, which settles the failures of earlier attempts to send it.
            Event::StepAsked { attempt: Some(_), .. }
            | Event::DoubtResolved { ruling: Ruling::HandedOver { .. }, .. } => {
                progress.failure = None;
                progress.has_acted = false;
            }
            Event::StepDelayed { failure: None, .. } => {
                progress.failures = 0;
                progress.shortages = 0;
                progress.failure = None;
                progress.has_acted = true;
                progress.rounds = progress.rounds.saturating_add(1);
            }
            Event::PageReceived { items, next, departures, .. } => {
                progress.failures = 0;
                progress.shortages = 0;
                progress.failure = None;
                progress.has_acted = true;
                progress.pages.add(items, next, departures);
            }
            // A failed compensation is retried with the full number of retries.
            Event::StepDelayed { .. } if matches!(task.phase, Phase::Failed { .. }) => progress.failures = 0,
            Event::StepDelayed { failure: Some(failure), .. } => {
                // An interruption, or a shortage on this machine, does not count as a retry: the provider did not fail.
                if matches!(failure.cause, Cause::Interrupted | Cause::LocalShortage) {
                    progress.shortages = progress.shortages.saturating_add(1);
                } else {
                    progress.failures = progress.failures.saturating_add(1);
                    progress.shortages = 0;
                }
                progress.failure = Some(failure.clone());
                progress.has_acted |= may_have_acted(failure);
            }
            Event::StepFailed { failure, attempt, .. } => {
                progress.pages = Pages::default();
                progress.failure = Some(failure.clone());
                progress.has_acted |= attempt.is_some() && may_have_acted(failure);
            }
            Event::StepInDoubt { failure, .. } => progress.failure = Some(failure.clone()),
            Event::StepSucceeded { .. } | Event::DoubtResolved { .. } => {
                progress.pages = Pages::default();
                progress.failure = None;
            }
            _ => {}
        }
    }

    /// Sets the new phase of the task, and updates everything that is derived from phases.
    fn move_on(&mut self, at: usize) {
        let is_stopped = self.is_stopped(at);
        let Some(task) = self.tasks.get_mut(at) else { return };
        let Some(after) = self.ledger.step(&task.name) else { return };
        if let Some(until) = task.waits_until() {
            self.waits.remove(&(until, at));
        }
        self.handed_out.remove(&at);
        self.interrupted.remove(&at);
        self.abandoned.remove(&at);
        let before = std::mem::replace(&mut task.phase, after);
        if std::mem::take(&mut task.is_released) {
            self.startable = self.startable.saturating_sub(1);
        }
        let is_compensation = task.is_compensation();
        if let Some(until) = task.waits_until().filter(|_| is_compensation || !is_stopped) {
            self.waits.insert((until, at));
        }
        if is_compensation {
            let is_done = usize::from(after == Phase::Succeeded);
            self.undoing = (self.undoing + usize::from(before == Phase::Pending)).saturating_sub(is_done);
            self.undone += is_done;
        } else if is_stopped {
            self.abandon(at);
        }
        let is_running = |phase| matches!(phase, Phase::Running { .. });
        if is_running(before) != is_running(after) {
            self.count_active(at, is_running(after));
        }
    }

    /// Counts the start or end of an attempt in all enclosing scopes.
    fn count_active(&mut self, at: usize, begins: bool) {
        let wholes: Vec<Whole> = self.wholes(at).collect();
        for whole in wholes {
            if let Some(course) = self.course_mut(whole) {
                course.active =
                    if begins { course.active.saturating_add(1) } else { course.active.saturating_sub(1) };
            }
        }
    }

    /// The result as other steps read it, for a step that succeeded with this answer.
    pub(super) fn read_as(&self, step: &str, answer: &Value) -> Option<Arc<Value>> {
        self.task_of(step).map(|at| self.given(at, None, &Arc::new(answer.clone())))
    }

    /// The result as other steps read it. A finished step always has one: if there was no body, or no answer to a
    /// question that asks for none, the result is an empty object; but null if the operation's body is described as
    /// something else.
    fn given(&self, at: usize, status: Option<u16>, result: &Arc<Value>) -> Arc<Value> {
        let is_nothing = |task: &Task| match (self.invoke_of(task), self.external_of(task)) {
            (Some((plan, invoke)), _) => plan.operation(invoke).is_some_and(|operation| {
                operation.answers_without_body(status) && !operation.is_null_without_body()
            }),
            (None, Some(external)) => external.result.is_none(),
            (None, None) => false,
        };
        if result.is_null() && self.tasks.get(at).is_some_and(is_nothing) {
            return Arc::new(Value::Object(Map::new()));
        }
        Arc::clone(result)
    }

    fn succeed(&mut self, at: usize, result: Arc<Value>) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let (frame, position) = (task.frame, task.position);
        let (is_step, item_of) = match task.role {
            Role::Step => (true, None),
            Role::Item { of, .. } => (false, Some(of)),
            Role::Compensation { .. } => (false, None),
        };
        if is_step {
            if let Some(frame) = self.frames.get_mut(frame) {
                frame.scope.set_result(position, result);
            }
            self.forget_items(at);
        } else {
            task.result = Some(result);
        }
        self.hide_result(at);
        if is_step {
            self.can_be_undone(at);
            self.is_over(at);
        }
        if let Some(of) = item_of {
            self.can_be_undone(at);
            if let Some(items) = self.tasks.get_mut(of).and_then(Task::items_mut) {
                items.succeeded += 1;
            }
            self.release_item(of);
        }
    }

    /// The results of the items of a step are in its own from now on.
    fn forget_items(&mut self, at: usize) {
        let Some(items) = self.tasks.get(at).and_then(Task::items).map(Items::tasks) else { return };
        for item in self.tasks.get_mut(items).unwrap_or_default() {
            item.result = None;
        }
    }

    fn fail(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at).filter(|task| !task.is_compensation()) else { return };
        let Some(step) = self.step_of(task) else { return };
        let goes_on = step.on_failure == OnFailure::Continue && task.role == Role::Step;
        let is_undone = task.progress.has_acted && self.undoes_failures(task);
        if is_undone {
            self.can_be_undone(at);
        }
        self.closings.remove(&Some(at));
        if goes_on {
            self.is_over(at);
            return;
        }
        let whole = self.whole_of(at);
        if let Some(course) = self.course_mut(whole) {
            course.failed.get_or_insert(at);
        }
        self.close_down(whole);
    }

    /// A step is over, and the run continues.
    fn is_over(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let (at, position) = (task.frame, task.position);
        let Some(frame) = self.frames.get_mut(at) else { return };
        frame.live = frame.live.saturating_sub(1);
        frame.over += 1;
        for released in frame.released_by(position) {
            self.release(released);
        }
        self.settle(at);
    }

    pub(super) fn begin_frame(&mut self, frame: usize) {
        for task in self.frames.get(frame).map(Frame::beginning).unwrap_or_default() {
            self.release(task);
        }
        self.settle(frame);
    }

    /// A task may start now.
    fn release(&mut self, at: usize) {
        if self.is_stopped(at) {
            return;
        }
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.is_released = true;
        self.startable += 1;
        if let (Role::Step, Some(frame)) = (&task.role, self.frames.get_mut(task.frame)) {
            frame.live += 1;
        }
        self.todo.push_back(at);
    }

    /// The next item of a step may start, if any is left.
    pub(super) fn release_item(&mut self, of: usize) {
        let Some(items) = self.tasks.get_mut(of).and_then(Task::items_mut) else { return };
        if items.released < items.count {
            let next = items.first + items.released;
            items.released += 1;
            self.release(next);
        }
    }

    /// Fails a composition that is done, or in which no step can start any more, if its outputs cannot be evaluated.
    fn settle(&mut self, at: usize) {
        let Some(frame) = self.frames.get(at) else { return };
        let owner = frame.owner;
        if frame.course.is_closing || owner.is_some_and(|owner| self.is_stopped(owner)) {
            return;
        }
        let broken = match () {
            () if frame.is_done() => self.evaluate_outputs(at).err(),
            // INVARIANT: a step that is not over follows one that is live, unless it can never start.
            () if frame.live == 0 => Some(Self::stuck(frame)),
            () => None,
        };
        if broken.is_some() {
            if let Some(frame) = self.frames.get_mut(at) {
                frame.broken = broken;
            }
            self.close_down(owner);
        }
    }
}

/// Whether the request may have reached the provider or receiver.
fn may_have_acted(failure: &Failure) -> bool {
    !matches!(failure.cause, Cause::NotSent | Cause::Refused | Cause::LocalShortage)
}
