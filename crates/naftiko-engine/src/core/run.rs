//! The state of a run, and the dispatch of records to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_journal::{Event, Failure, IllegalEvent, Ledger, Options, Phase, Record, RunPhase, Status};
use naftiko_plan::{Action, Invoke, Plan, Step};
use serde_json::{Map, Value};

use super::budget::Budget;
use super::frame::Frame;
use super::redact::Redaction;
use super::scope::{Scope, View};
use super::task::{Role, Task};
use super::undo::Closing;
use super::whole::Whole;

/// A run: its plan, its inputs, and the state folded from its records.
#[derive(Debug)]
pub struct Run {
    pub(super) plan: Arc<Plan>,
    /// The compositions being run; the first is the plan's own.
    pub(super) frames: Vec<Frame>,
    /// In order of creation. A compensation is created once the task it compensates has ended.
    pub(super) tasks: Vec<Task>,
    pub(super) names: HashMap<String, usize>,
    pub(super) redaction: Redaction,
    pub(super) options: Options,
    pub(super) ledger: Ledger,
    /// The time of the latest record.
    pub(super) latest: Timestamp,
    /// The tasks that may start, or whose question may be put, in order of arrival. Entries that a later record has
    /// settled are dropped when they are reached, so that a replayed run finds exactly the outstanding ones.
    pub(super) todo: VecDeque<usize>,
    /// The tasks that have work at a certain time, the earliest first.
    pub(super) waits: BTreeSet<(Timestamp, usize)>,
    /// The tasks whose call was handed out and has not started, except for first attempts of steps.
    pub(super) handed_out: BTreeSet<usize>,
    /// The attempts that were running when the records ended.
    pub(super) interrupted: BTreeSet<usize>,
    /// The scopes that can be ended, or compensated further.
    pub(super) ripe: BTreeSet<Whole>,
    /// The failing scopes that are compensated before they end.
    pub(super) closings: BTreeMap<Whole, Closing>,
    /// Attempts that are not retried because their scope is failing, and that must be compensated.
    pub(super) abandoned: BTreeSet<usize>,
    /// The names of the tasks whose answers are available already: no message is sent for them.
    pub(super) answered_beforehand: HashSet<String>,
    /// The number of tasks that may start and have not started.
    pub(super) startable: usize,
    /// The number of compensations that have started and are not done.
    pub(super) undoing: usize,
    /// The number of compensations that are done.
    pub(super) undone: usize,
    pub(super) budget: Budget,
}

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepState<'a> {
    /// The phase of the step.
    pub phase: Phase,
    /// The result, once the step has succeeded.
    pub result: Option<&'a Value>,
    /// The reason why the step failed, is in doubt, or is retried.
    pub failure: Option<&'a Failure>,
}

impl Run {
    /// A run that has not started. `inputs` are all inputs, including defaults and sensitive ones.
    pub fn new(plan: Arc<Plan>, inputs: Map<String, Value>) -> Self {
        let redaction = Redaction::of_inputs(&plan, &inputs);
        let scope = Scope::new(&plan, inputs);
        let mut run = Self {
            redaction,
            options: Options::default(),
            ledger: Ledger::new(plan.steps.iter().map(|step| step.id.as_str())),
            frames: Vec::new(),
            tasks: Vec::new(),
            names: HashMap::new(),
            latest: Timestamp::UNIX_EPOCH,
            todo: VecDeque::new(),
            waits: BTreeSet::new(),
            handed_out: BTreeSet::new(),
            interrupted: BTreeSet::new(),
            ripe: BTreeSet::new(),
            closings: BTreeMap::new(),
            abandoned: BTreeSet::new(),
            answered_beforehand: HashSet::new(),
            startable: 0,
            undoing: 0,
            undone: 0,
            budget: Budget::of(&plan),
            plan: Arc::clone(&plan),
        };
        run.add_frame(plan, None, scope);
        run
    }

    /// Rebuilds a run from its records, after the process that wrote them has ended. The sensitive inputs, which are
    /// not in the records, must be given again.
    ///
    /// # Errors
    /// [`IllegalEvent`] if the records violate the legal order of events.
    pub fn replay(
        plan: Arc<Plan>,
        inputs: Map<String, Value>,
        records: &[Record],
    ) -> Result<Self, IllegalEvent> {
        let mut run = Self::new(plan, inputs);
        for record in records {
            run.apply(record)?;
        }
        let under_way = run.tasks.iter().enumerate();
        let under_way = under_way.filter(|(_, task)| matches!(task.phase, Phase::Running { .. }));
        run.interrupted = under_way.map(|(at, _)| at).collect();
        Ok(run)
    }

    /// The event that starts the run. It only names inputs that are sensitive or unknown to the plan.
    pub fn started(&self, options: Options) -> Event {
        let may_be_shown =
            |name: &str| self.plan.inputs.iter().any(|input| input.name == name && !input.sensitive);
        let inputs = self.frames.iter().take(1).flat_map(|frame| frame.scope.inputs());
        let (shown, withheld): (Vec<_>, Vec<_>) = inputs.partition(|(name, _)| may_be_shown(name));
        Event::RunStarted {
            composition: self.plan.name.clone(),
            inputs: shown.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            withheld: withheld.into_iter().map(|(name, _)| name.clone()).collect(),
            options,
        }
    }

    /// Applies the next record, which is the only way to change the state.
    ///
    /// # Errors
    /// [`IllegalEvent`] if the record is illegal at this point; the run is unchanged then.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let task = match record.event.step() {
            Some(name) => Some(self.task_of(name).ok_or_else(|| {
                IllegalEvent::new(&record.event, "the run has no such step, or has not reached it")
            })?),
            None => None,
        };
        let opened = match (&record.event, task) {
            (Event::StepOpened { items, .. }, Some(task)) => {
                let opened = self.opened(task, *items);
                Some(opened.map_err(|failure| IllegalEvent::new(&record.event, failure.message))?)
            }
            _ => None,
        };
        self.ledger.apply(record)?;
        self.latest = record.at;
        match (&record.event, task) {
            (Event::RunStarted { options, .. }, _) => self.begin(record, options),
            (Event::RunCancelled { .. }, _) => self.cancel(),
            (_, Some(task)) => self.apply_to_task(task, record, opened),
            (_, None) => {}
        }
        Ok(())
    }

    /// The state of a step, by its name in events; `None` if the run has not reached it.
    pub fn step(&self, name: &str) -> Option<StepState<'_>> {
        let task = self.tasks.get(self.task_of(name)?)?;
        Some(StepState {
            phase: task.phase,
            result: self.result(task),
            failure: task.progress.failure.as_ref(),
        })
    }

    /// The definition of a step in the plan, or in a composition within it, by the step's name in events. Items and
    /// compensations have the definition of their step.
    pub fn definition(&self, name: &str) -> Option<&Step> {
        self.step_of(self.tasks.get(self.task_of(name)?)?)
    }

    /// The outputs with their values, including sensitive ones; empty unless the run succeeded.
    pub fn outputs(&self) -> IndexMap<String, Arc<Value>> {
        match self.ledger.phase() {
            RunPhase::Finished(Status::Succeeded) => self.evaluate_outputs(0).unwrap_or_default(),
            _ => IndexMap::new(),
        }
    }

    /// The id of the run; `None` until the run has started.
    pub fn id(&self) -> Option<&str> {
        self.ledger.run()
    }

    /// The plan of the run.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The phases of the run and its steps.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn task_of(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn step_of(&self, task: &Task) -> Option<&Step> {
        self.frames.get(task.frame)?.plan.steps.get(task.position)
    }

    /// The invocation of a task, with the plan that defines the operation.
    pub(super) fn invoke_of(&self, task: &Task) -> Option<(&Arc<Plan>, &Invoke)> {
        let plan = &self.frames.get(task.frame)?.plan;
        let step = plan.steps.get(task.position)?;
        match (&task.role, &step.action) {
            (Role::Compensation { .. }, _) => Some((plan, &step.compensate.as_ref()?.invoke)),
            (_, Action::Invoke(invoke)) => Some((plan, invoke)),
            _ => None,
        }
    }

    /// The environment in which a task's expressions are evaluated.
    pub(super) fn view<'a>(&'a self, task: &'a Task) -> Option<View<'a>> {
        let frame = self.frames.get(task.frame)?;
        let done = match task.role {
            Role::Compensation { of } => self.tasks.get(of)?,
            _ => task,
        };
        let item = match &done.role {
            Role::Item { item, index, .. } => Some((item, index)),
            _ => None,
        };
        let is_undone_item = item.is_some() && task.is_compensation();
        let step = frame.plan.steps.get(task.position)?;
        let undone = is_undone_item.then_some((step.id.as_str(), self.result(done)));
        Some(View { scope: &frame.scope, item, undone, response: None })
    }

    /// What a task gave back. The result of an item is in that of its step once the step is done.
    pub(super) fn result<'a>(&'a self, task: &'a Task) -> Option<&'a Value> {
        let of_step = |task: &Task| self.frames.get(task.frame)?.scope.result(task.position);
        match (&task.role, &task.result) {
            (Role::Step, _) => of_step(task).map(|result| &**result),
            (_, Some(result)) => Some(result),
            (Role::Item { of, index, .. }, None) => {
                of_step(self.tasks.get(*of)?)?.get(usize::try_from(index.as_u64()?).ok()?)
            }
            (Role::Compensation { .. }, None) => None,
        }
    }

    fn begin(&mut self, record: &Record, options: &Options) {
        self.options = options.clone();
        if let Some(frame) = self.frames.first_mut() {
            frame.scope.begin(&record.run, record.at);
        }
        self.begin_frame(0);
        self.ripen(None);
    }

    fn cancel(&mut self) {
        self.close_down(None);
        self.ripen(None);
    }
}
