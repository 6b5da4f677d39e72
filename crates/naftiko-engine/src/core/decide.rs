//! Decides what to do next.

use jiff::Timestamp;
use naftiko_journal::{Cause, Event, Failure, Phase, RunPhase};
use naftiko_plan::{Action, External};
use serde_json::Value;

use super::close::later;
use super::open::Opened;
use super::task::{Role, Task};
use super::{Command, Run, failure};

impl Run {
    /// Returns the commands that can be carried out now and were not handed out yet.
    ///
    /// A batch ends after a [`Command::Record`], which can change what there is to do: record it and call this again,
    /// until there are no more commands. After an interruption, the outcomes of the interrupted attempts come first.
    ///
    /// While an attempt is in doubt there are no commands, and commands handed out earlier must not be started: whether
    /// the rest may continue depends on how the doubt is resolved.
    pub fn commands(&mut self, now: Timestamp) -> Vec<Command> {
        if matches!(self.ledger.phase(), RunPhase::Unstarted | RunPhase::Finished(_)) {
            return Vec::new();
        }
        if !self.interrupted.is_empty() {
            return self.interrupted.iter().filter_map(|task| self.interruption(*task)).collect();
        }
        if self.is_held_up() {
            return Vec::new();
        }
        let abandoned = self.abandoned.first().filter(|_| self.compensates());
        if let Some(task) = abandoned.and_then(|at| self.tasks.get(*at)) {
            let message = "the run ends before the retry";
            return vec![Self::fails(task, failure::of(Cause::Refused, message))];
        }
        let mut commands = Vec::new();
        while let Some(whole) = self.ripe.last().copied() {
            let command = self.close(whole);
            if command.is_none() {
                self.ripe.remove(&whole);
            }
            if hand_out(&mut commands, command) {
                return commands;
            }
        }
        while let Some(at) = self.todo.pop_front() {
            let command = self.begin_task(at, now);
            if hand_out(&mut commands, command) {
                return commands;
            }
        }
        commands
    }

    /// Returns the commands that are due by `now` and were not handed out yet. A batch ends as in [`Self::commands`].
    pub fn due(&mut self, now: Timestamp) -> Vec<Command> {
        let mut commands = Vec::new();
        loop {
            let mut due = self.waits.iter().take_while(|(until, _)| *until <= now);
            let Some((until, at)) = due.find(|(_, at)| self.task_may_begin(*at)).copied() else { break };
            self.waits.remove(&(until, at));
            self.handed_out.insert(at);
            let command = self.due_task(at, now);
            if hand_out(&mut commands, command) {
                break;
            }
        }
        commands
    }

    /// Whether a step may be started, retried or awaited. It may not once it is over, a scope around it has failed, the
    /// run is over or cancelled, or an attempt is in doubt. Running attempts still end on their own.
    pub fn may_begin(&self, step: &str) -> bool {
        self.task_of(step).is_some_and(|at| {
            self.tasks.get(at).is_some_and(|task| !task.phase.is_over()) && self.task_may_begin(at)
        })
    }

    /// Whether a step that may not start now may start later: after a doubt is resolved, or as the next compensation.
    pub(crate) fn may_begin_later(&self, step: &str) -> bool {
        let Some((at, task)) = self.task_of(step).and_then(|at| Some((at, self.tasks.get(at)?))) else {
            return false;
        };
        let is_open = !task.phase.is_over() && self.is_open(None);
        is_open && if task.is_compensation() { self.compensates() } else { !self.is_stopped(at) }
    }

    /// Whether an external step was asked and may still be answered.
    pub fn is_awaited(&self, step: &str) -> bool {
        let is_asked =
            |at: usize| self.tasks.get(at).is_some_and(|task| matches!(task.phase, Phase::Asked { .. }));
        self.task_of(step).is_some_and(is_asked) && self.stands_open(step)
    }

    /// Whether all scopes around a step are open.
    pub(super) fn stands_open(&self, step: &str) -> bool {
        self.task_of(step).is_some_and(|at| self.is_open(self.whole_of(at)) && self.is_open(None))
    }

    /// Whether no scope around a task prevents it from continuing.
    pub(super) fn task_may_begin(&self, at: usize) -> bool {
        if self.is_held_up() || matches!(self.ledger.phase(), RunPhase::Finished(_)) {
            return false;
        }
        if self.tasks.get(at).is_some_and(Task::is_compensation) {
            let closing = self.closing_of(at);
            return self.compensates() && closing.is_some_and(|whole| self.next_undo(whole) == Some(at));
        }
        !self.is_stopped(at)
    }

    fn begin_task(&mut self, at: usize, now: Timestamp) -> Option<Command> {
        let may_begin = self.task_may_begin(at);
        let task = self.tasks.get_mut(at)?;
        match task.phase {
            // An unanswered question is put again when the run is resumed; a message is not sent again.
            Phase::Asked { attempt, .. }
                if may_begin
                    && !task.is_asked
                    && (attempt == 0 || self.answered_beforehand.contains(&task.name)) =>
            {
                task.is_asked = true;
                Some(self.attempt(at, 1, now))
            }
            Phase::Pending if may_begin && task.is_released => Some(self.first(at, now)),
            _ => None,
        }
    }

    /// The first command of a task: evaluates its condition, then opens its parts, or else starts its attempt.
    fn first(&self, at: usize, now: Timestamp) -> Command {
        let Some(task) = self.tasks.get(at) else { return self.attempt(at, 1, now) };
        if task.role == Role::Step {
            match self.is_to_be_done(task) {
                Ok(true) => {}
                Ok(false) => return Command::Record(Event::StepSkipped { step: task.name.clone() }),
                Err(failure) => return Self::fails(task, failure),
            }
        }
        let admitted = |opened: Opened| opened.admitted(&self.redaction);
        match self.consists_of(at).and_then(|opened| opened.map(admitted).transpose()) {
            Ok(Some(opened)) => {
                Command::Record(Event::StepOpened { step: task.name.clone(), items: opened.items() })
            }
            Ok(None) => match self.attempt(at, 1, now) {
                Command::Ask { .. } => Command::Record(self.asked(task, now)),
                command => command,
            },
            Err(failure) => Self::fails(task, failure),
        }
    }

    /// Whether the condition `when` holds; true if there is none.
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

    /// The intent of a question, recorded before the question is put.
    fn asked(&self, task: &Task, now: Timestamp) -> Event {
        let timeout = self.external_of(task).and_then(|external| external.timeout);
        let until = timeout.map(|timeout| later(now, timeout));
        Event::StepAsked { step: task.name.clone(), attempt: None, until }
    }

    pub(super) fn external_of(&self, task: &Task) -> Option<&External> {
        match &self.step_of(task)?.action {
            Action::External(external) => Some(external),
            Action::Invoke(_) | Action::Composition(_) => None,
        }
    }

    pub(super) fn fails(task: &Task, failure: Failure) -> Command {
        Command::Record(Event::StepFailed { step: task.name.clone(), attempt: None, failure })
    }

    fn due_task(&self, at: usize, now: Timestamp) -> Option<Command> {
        let task = self.tasks.get(at)?;
        match task.phase {
            Phase::Delayed { attempt, .. } => Some(self.attempt(at, attempt.saturating_add(1), now)),
            Phase::Asked { .. } => {
                let timeout = self.external_of(task).and_then(|external| external.timeout);
                let waited = timeout
                    .map(|timeout| format!(" within {}", naftiko_plan::duration(timeout)))
                    .unwrap_or_default();
                let message = format!("there was no answer{waited}");
                Some(Self::fails(task, failure::of(Cause::Deadline, message)))
            }
            _ => None,
        }
    }
}

/// Appends a command to a batch; whether it ends the batch.
fn hand_out(commands: &mut Vec<Command>, command: Option<Command>) -> bool {
    let is_end = matches!(command, Some(Command::Record(_)));
    commands.extend(command);
    is_end
}
