//! The state of a run, and the only way it changes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_journal::{Event, Failure, IllegalEvent, Ledger, Options, Phase, Record, RunPhase, Status};
use naftiko_plan::{Action, Plan, Step};
use serde_json::{Map, Value};

use super::Command;
use super::redact::{Redaction, sensitive_outputs};
use super::scope::Scope;

/// A run: its plan, its inputs, and all that its records say.
#[derive(Debug)]
pub struct Run {
    pub(super) plan: Arc<Plan>,
    pub(super) scope: Scope,
    pub(super) redaction: Redaction,
    /// The positions of the sensitive outputs that read each step.
    pub(super) sensitive_outputs: HashMap<String, Vec<usize>>,
    pub(super) options: Options,
    ledger: Ledger,
    progress: Vec<Progress>,
    followers: Vec<Vec<usize>>,
    /// What may have to be done. An entry that a later record has settled is dropped when it is its turn, so that a
    /// replayed run finds here exactly what was outstanding.
    todo: VecDeque<Todo>,
    /// Attempts that were under way when the records ended.
    interrupted: Vec<usize>,
    /// Steps that could begin and have not.
    startable: usize,
    end_handed_out: bool,
}

/// What is known of a step besides its phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// How many of the steps it follows have not succeeded.
    unfinished: usize,
    /// When its first attempt began.
    pub(super) first_began: Option<Timestamp>,
    /// When its latest attempt began.
    pub(super) last_began: Option<Timestamp>,
    /// How often it was polled and its condition did not hold.
    pub(super) rounds: u32,
    /// How many attempts failed since then.
    pub(super) failures: u32,
    /// Why it failed or is in doubt.
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Todo {
    Begin(usize),
    Wait(usize, u32),
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepState<'a> {
    /// Its phase.
    pub phase: Phase,
    /// Its result, once it succeeded.
    pub result: Option<&'a Value>,
    /// Why it failed or is in doubt.
    pub failure: Option<&'a Failure>,
}

impl Run {
    /// A run that has not begun. `inputs` are all of them, defaults and sensitive ones included.
    pub fn new(plan: Arc<Plan>, inputs: Map<String, Value>) -> Self {
        let graph = plan.graph();
        let followers = (0..plan.steps.len()).map(|step| graph.after(step)).collect();
        let redaction = Redaction::of_inputs(&plan, &inputs);
        let scope = Scope::new(&plan, inputs);
        let unfinished = |(at, step): (usize, &Step)| {
            // A second step of one id waits for itself: there are no two outcomes of one id.
            graph.before(at).len() + usize::from(scope.position(&step.id) != Some(at))
        };
        let unfinished = plan.steps.iter().enumerate().map(unfinished);
        let progress = unfinished.map(|unfinished| Progress { unfinished, ..Progress::default() }).collect();
        Self {
            redaction,
            sensitive_outputs: sensitive_outputs(&plan),
            scope,
            options: Options::default(),
            ledger: Ledger::new(plan.steps.iter().map(|step| step.id.as_str())),
            progress,
            followers,
            todo: VecDeque::new(),
            interrupted: Vec::new(),
            startable: 0,
            end_handed_out: false,
            plan,
        }
    }

    /// The run that these records tell of, after the process that wrote them has ended. The inputs that were withheld
    /// from the records have to be given again.
    ///
    /// # Errors
    /// [`IllegalEvent`] if the records break the order of events.
    pub fn replay(
        plan: Arc<Plan>,
        inputs: Map<String, Value>,
        records: &[Record],
    ) -> Result<Self, IllegalEvent> {
        let mut run = Self::new(plan, inputs);
        for record in records {
            run.apply(record)?;
        }
        let under_way = |(at, step): (usize, &Step)| match run.ledger.step(&step.id) {
            Some(Phase::Running { .. }) => Some(at),
            _ => None,
        };
        run.interrupted = run.plan.steps.iter().enumerate().filter_map(under_way).collect();
        Ok(run)
    }

    /// The event that begins it: inputs that are sensitive, or that the plan does not know, are only named.
    pub fn started(&self, options: Options) -> Event {
        let may_be_shown =
            |name: &str| self.plan.inputs.iter().any(|input| input.name == name && !input.sensitive);
        let (shown, withheld): (Vec<_>, Vec<_>) =
            self.scope.inputs().partition(|(name, _)| may_be_shown(name));
        Event::RunStarted {
            composition: self.plan.name.clone(),
            inputs: shown.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            withheld: withheld.into_iter().map(|(name, _)| name.clone()).collect(),
            options,
        }
    }

    /// Takes the next record: the only way the state changes.
    ///
    /// # Errors
    /// [`IllegalEvent`] if it cannot come here; then nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let step = record.event.step().and_then(|id| self.scope.position(id));
        let was_startable = step.is_some_and(|step| self.phase_at(step) == Some(Phase::Pending));
        self.ledger.apply(record)?;
        match (&record.event, step) {
            (Event::RunStarted { options, .. }, _) => self.begin(record, options),
            (event, Some(step)) => {
                if was_startable && self.progress.get(step).is_some_and(|it| it.unfinished == 0) {
                    self.startable = self.startable.saturating_sub(1);
                }
                self.apply_to_step(step, event, record.at);
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// What is to be done now and was not handed out yet. A batch ends after a [`Command::Record`] that fails a step,
    /// since nothing may begin after it: ask again once it is recorded, until nothing comes.
    pub fn commands(&mut self) -> Vec<Command> {
        if self.ledger.phase() != RunPhase::Started {
            return Vec::new();
        }
        if !self.interrupted.is_empty() {
            let interrupted = std::mem::take(&mut self.interrupted);
            return interrupted.into_iter().filter_map(|step| self.interruption(step)).collect();
        }
        let mut commands = Vec::new();
        while !self.is_closing() {
            let Some(command) = self.todo.pop_front().map(|todo| self.command(&todo)) else { break };
            commands.extend(command);
            if matches!(commands.last(), Some(Command::Record(_))) {
                return commands;
            }
        }
        if !self.end_handed_out
            && let Some(end) = self.end()
        {
            self.end_handed_out = true;
            commands.push(Command::Record(end));
        }
        commands
    }

    /// What to do for a step whose wait is over; nothing if it does not wait or nothing may begin any more.
    pub fn due(&self, step: &str) -> Option<Command> {
        let position = self.scope.position(step)?;
        match self.phase_at(position)? {
            Phase::Delayed { attempt, .. } if !self.is_closing() => {
                Some(self.begin_step(position, attempt.saturating_add(1)))
            }
            _ => None,
        }
    }

    /// Whether nothing may begin any more, because a step failed or is in doubt or the run is over. What is under way
    /// still ends in its own time.
    pub fn is_closing(&self) -> bool {
        let tally = self.ledger.tally();
        tally.failed > 0 || tally.in_doubt > 0 || matches!(self.ledger.phase(), RunPhase::Finished(_))
    }

    /// How the run stands.
    pub fn status(&self) -> Status {
        let tally = self.ledger.tally();
        match self.ledger.phase() {
            RunPhase::Finished(status) => status,
            RunPhase::Started if tally.running > 0 => Status::Running,
            RunPhase::Started if tally.in_doubt > 0 => Status::InDoubt,
            RunPhase::Started if tally.failed > 0 || self.startable > 0 => Status::Running,
            RunPhase::Started if tally.delayed + tally.asked > 0 => Status::Waiting,
            RunPhase::Unstarted | RunPhase::Started => Status::Running,
        }
    }

    /// How a step stands; nothing for a step the plan does not have.
    pub fn step(&self, id: &str) -> Option<StepState<'_>> {
        let position = self.scope.position(id)?;
        Some(StepState {
            phase: self.ledger.step(id)?,
            result: self.scope.result(position),
            failure: self.progress.get(position)?.failure.as_ref(),
        })
    }

    /// The outputs with their values, sensitive ones too; empty unless the run succeeded.
    pub fn outputs(&self) -> IndexMap<String, Value> {
        match self.ledger.phase() {
            RunPhase::Finished(Status::Succeeded) => self.evaluate_outputs().unwrap_or_default(),
            _ => IndexMap::new(),
        }
    }

    /// The id of the run, once it began.
    pub fn id(&self) -> Option<&str> {
        self.ledger.run()
    }

    /// What it runs.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The phases of the run and its steps.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The first step that can never begin, once nothing else can.
    pub(super) fn stuck(&self) -> Option<&Step> {
        let mut steps = self.plan.steps.iter().zip(&self.progress);
        steps.find(|(_, progress)| progress.unfinished > 0).map(|(step, _)| step)
    }

    pub(super) fn progress(&self, position: usize) -> Option<&Progress> {
        self.progress.get(position)
    }

    pub(super) fn phase_at(&self, position: usize) -> Option<Phase> {
        self.ledger.step(&self.plan.steps.get(position)?.id)
    }

    fn begin(&mut self, record: &Record, options: &Options) {
        self.options = options.clone();
        self.scope.begin(&record.run, record.at);
        let first = self.progress.iter().enumerate().filter(|(_, step)| step.unfinished == 0);
        self.todo.extend(first.map(|(step, _)| Todo::Begin(step)));
        self.startable = self.todo.len();
    }

    fn apply_to_step(&mut self, step: usize, event: &Event, at: Timestamp) {
        if matches!(event, Event::AttemptStarted { attempt: 1, .. }) {
            self.hide_arguments(step);
        }
        let Some(progress) = self.progress.get_mut(step) else { return };
        match event {
            Event::AttemptStarted { .. } => {
                progress.first_began.get_or_insert(at);
                progress.last_began = Some(at);
            }
            Event::StepDelayed { attempt, failure, .. } => {
                if failure.is_some() {
                    progress.failures = progress.failures.saturating_add(1);
                } else {
                    progress.failures = 0;
                    progress.rounds = progress.rounds.saturating_add(1);
                }
                self.todo.push_back(Todo::Wait(step, *attempt));
            }
            Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
                progress.failure = Some(failure.clone());
            }
            Event::StepSucceeded { step: id, result, .. } => {
                self.scope.set_result(step, result.clone());
                self.hide_outputs(id);
                self.release_followers(step);
            }
            Event::StepAsked { .. } | Event::RunStarted { .. } | Event::RunFinished { .. } => {}
        }
    }

    fn release_followers(&mut self, step: usize) {
        for &follower in self.followers.get(step).into_iter().flatten() {
            let Some(progress) = self.progress.get_mut(follower) else { continue };
            progress.unfinished = progress.unfinished.saturating_sub(1);
            if progress.unfinished == 0 {
                self.startable += 1;
                self.todo.push_back(Todo::Begin(follower));
            }
        }
    }

    /// The command for an entry, unless a record has settled it since.
    fn command(&self, todo: &Todo) -> Option<Command> {
        match *todo {
            Todo::Begin(step) => match (&self.plan.steps.get(step)?.action, self.phase_at(step)?) {
                (_, Phase::Pending) | (Action::External(_), Phase::Asked) => Some(self.begin_step(step, 1)),
                _ => None,
            },
            Todo::Wait(step, over) => match self.phase_at(step)? {
                Phase::Delayed { attempt, until } if attempt == over => Some(Command::Wait {
                    step: self.plan.steps.get(step)?.id.clone(),
                    attempt: attempt.saturating_add(1),
                    until,
                }),
                _ => None,
            },
        }
    }

    /// The event that ends the run, if it is time.
    fn end(&self) -> Option<Event> {
        let tally = self.ledger.tally();
        if tally.running > 0 || tally.in_doubt > 0 {
            return None;
        }
        if tally.failed > 0 {
            return Some(Event::RunFinished {
                status: Status::Failed,
                outputs: IndexMap::new(),
                failure: None,
            });
        }
        if tally.succeeded == self.plan.steps.len() {
            return Some(self.end_with_outputs());
        }
        // INVARIANT: a step that is none of these waits for one that is, unless it can never begin.
        let open = self.startable + tally.delayed + tally.asked;
        (open == 0).then(|| self.end_of_the_stuck())
    }
}
