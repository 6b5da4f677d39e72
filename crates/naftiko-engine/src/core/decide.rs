//! What is to be done next.

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_journal::{Cause, Event, Failure, Phase, RunPhase, Status};
use naftiko_plan::{Action, External};
use serde_json::Value;

use super::close::later;
use super::run::{Todo, Whole};
use super::task::{Role, Task};
use super::{Command, Run, failure};

impl Run {
    /// What is to be done now and was not handed out yet. A batch ends after a [`Command::Record`], which changes what
    /// is to be done: ask again once it is recorded, until nothing comes.
    ///
    /// While an attempt is in doubt nothing comes, and what came before must not be begun: whether the rest may go on
    /// depends on what somebody says.
    pub fn commands(&mut self, now: Timestamp) -> Vec<Command> {
        match self.ledger.phase() {
            RunPhase::Unstarted | RunPhase::Finished(_) => return Vec::new(),
            RunPhase::Cancelled { compensate: false } => {}
            RunPhase::Started | RunPhase::Cancelled { .. } if self.is_in_doubt() => return Vec::new(),
            RunPhase::Started | RunPhase::Cancelled { .. } => {}
        }
        if !self.interrupted.is_empty() {
            let interrupted = std::mem::take(&mut self.interrupted);
            return interrupted.into_iter().filter_map(|task| self.interruption(task)).collect();
        }
        let mut commands = Vec::new();
        while let Some(todo) = self.todo.pop_front() {
            let command = match todo {
                Todo::Begin(task) => self.begin_task(task, now),
                Todo::CloseItems(task) => self.close_items(task).map(Command::Record),
                Todo::CloseFrame(frame) => self.close_frame(frame),
            };
            commands.extend(command);
            if matches!(commands.last(), Some(Command::Record(_))) {
                break;
            }
        }
        commands
    }

    /// What is to be done because it is time, and was not handed out yet. A batch ends as in [`Self::commands`].
    pub fn due(&mut self, now: Timestamp) -> Vec<Command> {
        let mut commands = Vec::new();
        let due: Vec<_> = self.waits.iter().take_while(|(until, _)| *until <= now).copied().collect();
        for (until, at) in due {
            if !self.task_may_begin(at) {
                continue;
            }
            self.waits.remove(&(until, at));
            commands.extend(self.due_task(at));
            if matches!(commands.last(), Some(Command::Record(_))) {
                break;
            }
        }
        commands
    }

    /// When there is something to do next because it is time; nothing if no time is waited for.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.waits.iter().find(|(_, at)| self.task_may_begin(*at)).map(|(until, _)| *until)
    }

    /// Whether a step may be begun, or made again, or waited for: not once something it belongs to has failed, the run
    /// is over or cancelled, or an attempt is in doubt. What is under way still ends in its own time.
    pub fn may_begin(&self, step: &str) -> bool {
        self.task_of(step).is_some_and(|at| self.task_may_begin(at))
    }

    /// Whether a step outside may still be answered.
    pub fn is_awaited(&self, step: &str) -> bool {
        let phase = self.step(step).map(|state| state.phase);
        matches!(phase, Some(Phase::Asked { .. })) && !matches!(self.ledger.phase(), RunPhase::Finished(_))
    }

    pub(super) fn task_may_begin(&self, at: usize) -> bool {
        if self.is_in_doubt() || matches!(self.ledger.phase(), RunPhase::Finished(_)) {
            return false;
        }
        let wholes = self.wholes(at);
        if self.tasks.get(at).is_some_and(Task::is_compensation) {
            let outermost = wholes.into_iter().rev().find_map(|whole| match whole {
                Whole::Frame(frame) if self.is_closing(frame) => Some(frame),
                _ => None,
            });
            return outermost.is_some_and(|frame| self.last_undoable(frame) == Some(at));
        }
        !wholes.into_iter().any(|whole| self.has_failed(whole))
    }

    /// Whether nothing new of it begins.
    fn has_failed(&self, whole: Whole) -> bool {
        match whole {
            Whole::Items(of) => {
                self.tasks.get(of).and_then(Task::items).is_some_and(|items| items.failed.is_some())
            }
            Whole::Frame(frame) => self.is_closing(frame),
        }
    }

    /// Whether a composition comes to its end without success.
    fn is_closing(&self, frame: usize) -> bool {
        let is_cancelled = frame == 0 && matches!(self.ledger.phase(), RunPhase::Cancelled { .. });
        let Some(frame) = self.frames.get(frame) else { return true };
        is_cancelled || frame.failed.is_some() || frame.is_done()
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.ledger.tally().in_doubt > 0
    }

    /// Whether a run that is cancelled or failed undoes what was done.
    pub(super) fn compensates(&self) -> bool {
        self.ledger.phase() != RunPhase::Cancelled { compensate: false }
    }

    fn begin_task(&self, at: usize, now: Timestamp) -> Option<Command> {
        let task = self.tasks.get(at)?;
        if !self.task_may_begin(at) {
            return None;
        }
        match task.phase {
            // A question that nobody answered is put again when the run is resumed.
            Phase::Asked { .. } => Some(self.attempt(at, 1)),
            Phase::Pending => Some(self.first(at, task, now)),
            _ => None,
        }
    }

    /// What a task begins with: whether it is to be done at all, then what it consists of, then its work.
    fn first(&self, at: usize, task: &Task, now: Timestamp) -> Command {
        if task.role == Role::Step {
            match self.is_to_be_done(task) {
                Ok(true) => {}
                Ok(false) => return Command::Record(Event::StepSkipped { step: task.name.clone() }),
                Err(failure) => return self.fails(task, failure),
            }
        }
        match self.consists_of(at) {
            Ok(Some(opened)) => {
                Command::Record(Event::StepOpened { step: task.name.clone(), items: opened.items() })
            }
            Ok(None) => match self.attempt(at, 1) {
                Command::Ask { .. } => Command::Record(self.asked(task, now)),
                command => command,
            },
            Err(failure) => self.fails(task, failure),
        }
    }

    /// Whether what the author asks for holds.
    fn is_to_be_done(&self, task: &Task) -> Result<bool, Failure> {
        let when = self.step_of(task).and_then(|step| step.when.as_ref()).zip(self.view(task));
        let Some((when, view)) = when else { return Ok(true) };
        match when.evaluate(&view) {
            Ok(Some(Value::Bool(holds))) => Ok(holds),
            Ok(Some(_)) => Err(failure::of(Cause::Type, format!("`{when}` is neither true nor false"))),
            Ok(None) => Err(failure::of(Cause::Unresolved, format!("`{when}` is absent"))),
            Err(error) => Err(failure::of(failure::cause(&error), self.redaction.text(&error.to_string()))),
        }
    }

    /// The intent to ask, recorded before anybody is asked.
    fn asked(&self, task: &Task, now: Timestamp) -> Event {
        let timeout = self.external_of(task).and_then(|external| external.timeout);
        let until = timeout.map(|timeout| later(now, timeout));
        Event::StepAsked { step: task.name.clone(), until }
    }

    fn external_of(&self, task: &Task) -> Option<&External> {
        match &self.step_of(task)?.action {
            Action::External(external) => Some(external),
            Action::Invoke(_) | Action::Composition(_) => None,
        }
    }

    pub(super) fn fails(&self, task: &Task, failure: Failure) -> Command {
        Command::Record(Event::StepFailed { step: task.name.clone(), attempt: None, failure })
    }

    fn due_task(&self, at: usize) -> Option<Command> {
        let task = self.tasks.get(at)?;
        match task.phase {
            Phase::Delayed { attempt, .. } => Some(self.attempt(at, attempt.saturating_add(1))),
            Phase::Asked { .. } => {
                let timeout = self.external_of(task).and_then(|external| external.timeout);
                let waited = timeout.map(|timeout| format!(" within {timeout:#}")).unwrap_or_default();
                let message = format!("nobody answered{waited}");
                Some(self.fails(task, failure::of(Cause::Deadline, message)))
            }
            _ => None,
        }
    }

    /// The end of a step that is done for items, if they are over.
    fn close_items(&self, at: usize) -> Option<Event> {
        let task = self.tasks.get(at)?;
        let items = task.items().filter(|_| matches!(task.phase, Phase::Open { .. }))?;
        let is_closing = |whole| match whole {
            Whole::Items(of) => of != at && self.has_failed(whole),
            Whole::Frame(_) => self.has_failed(whole),
        };
        if items.active > 0 || self.is_in_doubt() || self.wholes(at).into_iter().any(is_closing) {
            return None;
        }
        let step = task.name.clone();
        if let Some(failed) = items.failed {
            let failure = failure::of_part(self.tasks.get(failed)?);
            return Some(Event::StepFailed { step, attempt: None, failure });
        }
        if items.succeeded < items.count {
            return None;
        }
        let parts = self.tasks.get(items.first..items.first + items.count)?;
        let result: Value = parts.iter().map(|part| part.result.clone().unwrap_or_default()).collect();
        Some(Event::StepSucceeded { step, attempt: None, status: None, result })
    }

    /// What ends a composition, if it is time, or what undoes it further.
    fn close_frame(&mut self, at: usize) -> Option<Command> {
        let frame = self.frames.get(at)?;
        let owner = frame.owner.and_then(|owner| self.tasks.get(owner));
        let is_open = match owner {
            Some(owner) => matches!(owner.phase, Phase::Open { .. }),
            None => !matches!(self.ledger.phase(), RunPhase::Finished(_)),
        };
        let outer = frame.owner.map(|owner| self.wholes(owner)).unwrap_or_default();
        if !is_open || frame.active > 0 || outer.into_iter().any(|whole| self.has_failed(whole)) {
            return None;
        }
        let end = self.end_of(at)?;
        if !matches!(end, End::Succeeded(_))
            && self.compensates()
            && let Some(undo) = self.last_undoable(at)
        {
            return self.undo(undo);
        }
        let owner = self.frames.get(at)?.owner.and_then(|owner| self.tasks.get(owner));
        Some(Command::Record(self.ended(owner, end)))
    }

    /// How a composition comes to its end, if it does.
    fn end_of(&self, at: usize) -> Option<End> {
        let frame = self.frames.get(at)?;
        if at == 0 && matches!(self.ledger.phase(), RunPhase::Cancelled { .. }) {
            return Some(End::Cancelled);
        }
        if let Some(failed) = frame.failed {
            return self.tasks.get(failed).map(|task| End::Failed(failure::of_part(task), true));
        }
        if frame.is_done() {
            return Some(match self.evaluate_outputs(at) {
                Ok(outputs) => End::Succeeded(outputs),
                Err(failure) => End::Failed(failure, false),
            });
        }
        // INVARIANT: a step that is not over follows one that is live, unless it can never begin.
        (frame.live == 0).then(|| End::Failed(self.stuck(frame), false))
    }

    fn ended(&self, owner: Option<&Task>, end: End) -> Event {
        if let Some(owner) = owner {
            let step = owner.name.clone();
            return match end {
                End::Succeeded(outputs) => {
                    let result = Value::Object(outputs.into_iter().collect());
                    Event::StepSucceeded { step, attempt: None, status: None, result }
                }
                End::Failed(failure, _) => Event::StepFailed { step, attempt: None, failure },
                End::Cancelled => {
                    let failure = failure::of(Cause::Refused, "the run is cancelled");
                    Event::StepFailed { step, attempt: None, failure }
                }
            };
        }
        let status = match end {
            End::Succeeded(_) => Status::Succeeded,
            End::Failed(..) if self.undoable.is_empty() => Status::Failed,
            End::Failed(..) => Status::Compensated,
            End::Cancelled => Status::Cancelled,
        };
        let (outputs, failure) = match end {
            End::Succeeded(outputs) => (self.mask(outputs), None),
            // The step has said it.
            End::Failed(_, true) | End::Cancelled => Default::default(),
            End::Failed(failure, false) => (Default::default(), Some(failure)),
        };
        Event::RunFinished { status, outputs, failure }
    }

    /// Whether a task stands in a composition, at any depth.
    pub(super) fn is_within(&self, task: usize, frame: usize) -> bool {
        self.wholes(task).into_iter().any(|whole| matches!(whole, Whole::Frame(it) if it == frame))
    }
}

/// How a composition ends.
enum End {
    Succeeded(IndexMap<String, Value>),
    /// Why, and whether a step has said so.
    Failed(Failure, bool),
    Cancelled,
}
