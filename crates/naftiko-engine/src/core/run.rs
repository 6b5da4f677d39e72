//! The state of a run, and the only way it changes.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_journal::{
    Event, Failure, IllegalEvent, Ledger, Options, Phase, Record, Ruling, RunPhase, Standing, Status, address,
};
use naftiko_plan::{Action, Invoke, OnFailure, Plan, Step};
use serde_json::{Map, Value};

use super::frame::Frame;
use super::open::Opened;
use super::redact::Redaction;
use super::scope::{Scope, View};
use super::task::{Inside, Role, Task};

/// A run: its plan, its inputs, and all that its records say.
#[derive(Debug)]
pub struct Run {
    pub(super) plan: Arc<Plan>,
    /// The compositions that are being run; the first is the plan's own.
    pub(super) frames: Vec<Frame>,
    pub(super) tasks: Vec<Task>,
    names: HashMap<String, usize>,
    pub(super) redaction: Redaction,
    pub(super) options: Options,
    pub(super) ledger: Ledger,
    /// When the latest record was made.
    latest: Timestamp,
    /// What may have to be done. An entry that a later record has settled is dropped when it is its turn, so that a
    /// replayed run finds here exactly what was outstanding.
    pub(super) todo: VecDeque<Todo>,
    /// The tasks that have something to do at a time, the first due first.
    pub(super) waits: BTreeSet<(Timestamp, usize)>,
    /// Attempts that were under way when the records ended.
    pub(super) interrupted: Vec<usize>,
    /// How many tasks could begin and have not.
    startable: usize,
    /// What undoes what was done, in the order it was done.
    pub(super) undoable: Vec<usize>,
    /// How many compensations have begun and are not done.
    undoing: usize,
}

/// What may have to be done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Todo {
    /// A task begins.
    Begin(usize),
    /// The items of a task are over.
    CloseItems(usize),
    /// A composition is over, or is undone.
    CloseFrame(usize),
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepState<'a> {
    /// Its phase.
    pub phase: Phase,
    /// Its result, once it succeeded.
    pub result: Option<&'a Value>,
    /// Why it failed, is in doubt, or is made again.
    pub failure: Option<&'a Failure>,
}

/// What a task is part of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole {
    /// The items of this task.
    Items(usize),
    /// This composition.
    Frame(usize),
}

impl Run {
    /// A run that has not begun. `inputs` are all of them, defaults and sensitive ones included.
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
            interrupted: Vec::new(),
            startable: 0,
            undoable: Vec::new(),
            undoing: 0,
            plan: Arc::clone(&plan),
        };
        run.add_frame(plan, None, scope);
        run
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
        let under_way = run.tasks.iter().enumerate();
        let under_way = under_way.filter(|(_, task)| matches!(task.phase, Phase::Running { .. }));
        run.interrupted = under_way.map(|(at, _)| at).collect();
        Ok(run)
    }

    /// The event that begins it: inputs that are sensitive, or that the plan does not know, are only named.
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

    /// Takes the next record: the only way the state changes.
    ///
    /// # Errors
    /// [`IllegalEvent`] if it cannot come here; then nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let task = match record.event.step() {
            Some(name) => Some(self.task_of(name).ok_or_else(|| {
                IllegalEvent::new(&record.event, "the run has no such step, or has not come to it")
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
            (Event::RunCancelled { .. }, _) => self.todo.push_back(Todo::CloseFrame(0)),
            (_, Some(task)) => self.apply_to_task(task, record, opened),
            (_, None) => {}
        }
        Ok(())
    }

    /// How the run stands.
    pub fn status(&self) -> Status {
        let tally = self.ledger.tally();
        let is_closing = match self.ledger.phase() {
            RunPhase::Finished(status) => return status,
            RunPhase::Unstarted => return Status::Running,
            RunPhase::Cancelled { compensate: false } if tally.running == 0 => return Status::Running,
            RunPhase::Cancelled { .. } => true,
            RunPhase::Started => self.frames.first().is_some_and(|frame| frame.failed.is_some()),
        };
        let is_undoing =
            self.undoing > 0 || (is_closing && self.compensates() && self.last_undoable(0).is_some());
        match () {
            () if tally.running > 0 && self.undoing == 0 => Status::Running,
            () if tally.in_doubt > 0 && tally.running == 0 => Status::InDoubt,
            () if is_undoing => Status::Compensating,
            () if is_closing || self.startable > 0 => Status::Running,
            () if self.frames.first().is_some_and(|frame| frame.live > 0) => Status::Waiting,
            () => Status::Running,
        }
    }

    /// How the run stands, and when it has something to do by itself.
    pub fn standing(&self) -> Standing {
        let status = self.status();
        let has_begun = self.ledger.tally().running > 0 || self.startable > 0;
        let due = match status {
            _ if status.is_over() || status == Status::InDoubt => None,
            Status::Running => Some(self.latest),
            _ if has_begun => Some(self.latest),
            Status::Compensating if self.next_due().is_none() && !self.is_halted() => Some(self.latest),
            _ => self.next_due(),
        };
        Standing { status, due }
    }

    /// How a step stands, by the name events have for it; nothing for one the run has not come to.
    pub fn step(&self, name: &str) -> Option<StepState<'_>> {
        let task = self.tasks.get(self.task_of(name)?)?;
        Some(StepState {
            phase: task.phase,
            result: self.result(task),
            failure: task.progress.failure.as_ref(),
        })
    }

    /// The step of the plan, or of a composition in it, that a name stands for; that of the step itself for its items
    /// and for what undoes it.
    pub fn definition(&self, name: &str) -> Option<&Step> {
        self.step_of(self.tasks.get(self.task_of(name)?)?)
    }

    /// The outputs with their values, sensitive ones too; empty unless the run succeeded.
    pub fn outputs(&self) -> IndexMap<String, Value> {
        match self.ledger.phase() {
            RunPhase::Finished(Status::Succeeded) => self.evaluate_outputs(0).unwrap_or_default(),
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

    pub(super) fn task_of(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn step_of(&self, task: &Task) -> Option<&Step> {
        self.frames.get(task.frame)?.plan.steps.get(task.position)
    }

    /// What a task carries out, with the plan that knows the operation.
    pub(super) fn invoke_of(&self, task: &Task) -> Option<(&Arc<Plan>, &Invoke)> {
        let plan = &self.frames.get(task.frame)?.plan;
        let step = plan.steps.get(task.position)?;
        match (&task.role, &step.action) {
            (Role::Compensation { .. }, _) => Some((plan, &step.compensate.as_ref()?.invoke)),
            (_, Action::Invoke(invoke)) => Some((plan, invoke)),
            _ => None,
        }
    }

    /// What a task sees.
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
        let undone = is_undone_item.then_some((step.id.as_str(), done.result.as_ref()));
        Some(View { scope: &frame.scope, item, undone, response: None })
    }

    pub(super) fn result<'a>(&'a self, task: &'a Task) -> Option<&'a Value> {
        match task.role {
            Role::Step => self.frames.get(task.frame)?.scope.result(task.position),
            Role::Item { .. } | Role::Compensation { .. } => task.result.as_ref(),
        }
    }

    /// What a task is part of, the nearest first.
    pub(super) fn wholes(&self, task: usize) -> Vec<Whole> {
        let mut wholes = Vec::new();
        let mut at = Some(task);
        while let Some(task) = at.and_then(|at| self.tasks.get(at)) {
            if let Role::Item { of, .. } = task.role {
                wholes.push(Whole::Items(of));
            }
            wholes.push(Whole::Frame(task.frame));
            at = self.frames.get(task.frame).and_then(|frame| frame.owner);
        }
        wholes
    }

    fn begin(&mut self, record: &Record, options: &Options) {
        self.options = options.clone();
        if let Some(frame) = self.frames.first_mut() {
            frame.scope.begin(&record.run, record.at);
        }
        self.begin_frame(0);
    }

    fn begin_frame(&mut self, frame: usize) {
        for task in self.frames.get(frame).map(Frame::beginning).unwrap_or_default() {
            self.release(task);
        }
        self.todo.push_back(Todo::CloseFrame(frame));
    }

    /// A composition with the tasks of its steps.
    fn add_frame(&mut self, plan: Arc<Plan>, owner: Option<usize>, scope: Scope) -> usize {
        let frame = self.frames.len();
        let first = self.tasks.len();
        let prefix = owner.and_then(|owner| self.tasks.get(owner)).map(|owner| owner.name.clone());
        for (position, step) in plan.steps.iter().enumerate() {
            let name = prefix.as_ref().map_or_else(|| step.id.clone(), |of| address::inner(of, &step.id));
            self.add_task(Task::new(name, frame, position, Role::Step));
        }
        self.frames.push(Frame::new(plan, owner, scope, first));
        frame
    }

    fn add_task(&mut self, task: Task) -> usize {
        let at = self.tasks.len();
        self.names.entry(task.name.clone()).or_insert(at);
        self.tasks.push(task);
        at
    }

    /// A task could begin now.
    fn release(&mut self, at: usize) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.is_released = true;
        self.startable += 1;
        if let (Role::Step, Some(frame)) = (&task.role, self.frames.get_mut(task.frame)) {
            frame.live += 1;
        }
        self.todo.push_back(Todo::Begin(at));
    }

    fn apply_to_task(&mut self, at: usize, record: &Record, opened: Option<Opened>) {
        self.move_on(at);
        self.note_progress(at, record);
        match &record.event {
            Event::AttemptStarted { attempt: 1, .. } => self.hide_arguments(at),
            Event::StepFailed { .. } => self.fail(at),
            Event::StepSucceeded { result, .. }
            | Event::DoubtResolved { ruling: Ruling::Happened { result }, .. } => {
                self.succeed(at, result.clone());
            }
            Event::StepSkipped { .. } => self.is_over(at),
            Event::StepAsked { .. } => self.todo.push_back(Todo::Begin(at)),
            _ => {}
        }
        if let Some(opened) = opened {
            self.open(at, opened);
        }
        for whole in self.wholes(at) {
            self.todo.push_back(match whole {
                Whole::Items(of) => Todo::CloseItems(of),
                Whole::Frame(frame) => Todo::CloseFrame(frame),
            });
        }
    }

    /// The task takes its new phase, and all that counts phases counts on.
    fn move_on(&mut self, at: usize) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let Some(after) = self.ledger.step(&task.name) else { return };
        if let Some(until) = task.waits_until() {
            self.waits.remove(&(until, at));
        }
        let before = std::mem::replace(&mut task.phase, after);
        if before == Phase::Pending && std::mem::take(&mut task.is_released) {
            self.startable = self.startable.saturating_sub(1);
        }
        if let Some(until) = task.waits_until() {
            self.waits.insert((until, at));
        }
        if task.is_compensation() {
            self.undoing += usize::from(before == Phase::Pending);
            self.undoing -= usize::from(after == Phase::Succeeded);
        }
        let is_running = |phase| matches!(phase, Phase::Running { .. });
        match (is_running(before), is_running(after)) {
            (false, true) => self.count_active(at, |active| *active += 1),
            (true, false) => self.count_active(at, |active| *active = active.saturating_sub(1)),
            _ => {}
        }
    }

    fn count_active(&mut self, at: usize, count: impl Fn(&mut usize)) {
        for whole in self.wholes(at) {
            match whole {
                Whole::Items(of) => {
                    self.tasks.get_mut(of).and_then(Task::items_mut).map(|it| count(&mut it.active))
                }
                Whole::Frame(frame) => self.frames.get_mut(frame).map(|frame| count(&mut frame.active)),
            };
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
            Event::StepDelayed { failure: None, .. } => {
                progress.failures = 0;
                progress.failure = None;
                progress.rounds = progress.rounds.saturating_add(1);
            }
            Event::StepDelayed { failure: Some(failure), .. } => {
                progress.failures = progress.failures.saturating_add(1);
                progress.failure = Some(failure.clone());
            }
            Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
                progress.failure = Some(failure.clone());
            }
            Event::StepSucceeded { .. } | Event::DoubtResolved { .. } => progress.failure = None,
            _ => {}
        }
    }

    fn succeed(&mut self, at: usize, result: Value) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        let (frame, position, role) = (task.frame, task.position, task.role.clone());
        if role == Role::Step {
            if let Some(frame) = self.frames.get_mut(frame) {
                frame.scope.set_result(position, result);
            }
        } else {
            task.result = Some(result);
        }
        self.hide_result(at);
        match role {
            Role::Step => {
                self.can_be_undone(at);
                self.is_over(at);
            }
            Role::Item { of, .. } => {
                self.can_be_undone(at);
                self.close_item(of, None);
            }
            Role::Compensation { .. } => {}
        }
    }

    fn fail(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let Some(step) = self.step_of(task) else { return };
        let was_attempted = matches!(task.phase, Phase::Failed { attempt: 1.. });
        let undoes_failures = step.compensate.as_ref().is_some_and(|undo| undo.after_failure);
        let goes_on = step.on_failure == OnFailure::Continue;
        let (frame, role) = (task.frame, task.role.clone());
        self.bury(at);
        if was_attempted && undoes_failures && !matches!(role, Role::Compensation { .. }) {
            self.can_be_undone(at);
        }
        match role {
            Role::Compensation { .. } => {}
            Role::Item { of, .. } => self.close_item(of, Some(at)),
            Role::Step if goes_on => self.is_over(at),
            Role::Step => {
                if let Some(frame) = self.frames.get_mut(frame) {
                    frame.failed.get_or_insert(at);
                    frame.live = frame.live.saturating_sub(1);
                }
            }
        }
    }

    /// Notes that a task can be undone, if the author says how.
    fn can_be_undone(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let has_compensation = self.step_of(task).is_some_and(|step| step.compensate.is_some());
        // Each item is undone by itself.
        if !has_compensation || task.items().is_some() {
            return;
        }
        let name = address::compensation(&task.name);
        let undo = Task::new(name, task.frame, task.position, Role::Compensation { of: at });
        if let Inside::Frame(frame) = task.inside {
            // The whole is undone, not its parts.
            let mut undoable = std::mem::take(&mut self.undoable);
            undoable.retain(|undo| !self.is_within(*undo, frame));
            self.undoable = undoable;
        }
        let undo = self.add_task(undo);
        self.undoable.push(undo);
    }

    /// A step is over, and the run goes on.
    fn is_over(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let Some(frame) = self.frames.get_mut(task.frame) else { return };
        frame.live = frame.live.saturating_sub(1);
        frame.over += 1;
        for released in frame.released_by(task.position) {
            self.release(released);
        }
    }

    fn open(&mut self, at: usize, opened: Opened) {
        let Some(task) = self.tasks.get(at) else { return };
        let (frame, position, name) = (task.frame, task.position, task.name.clone());
        match opened {
            Opened::Items { items, concurrency } => {
                let first = self.tasks.len();
                let count = items.len();
                for (index, item) in (0_u32..).zip(items) {
                    let role = Role::Item { of: at, item, index: index.into() };
                    self.add_task(Task::new(address::item(&name, index), frame, position, role));
                }
                let items = super::task::Items {
                    first,
                    count,
                    released: 0,
                    live: 0,
                    succeeded: 0,
                    active: 0,
                    failed: None,
                };
                if let Some(task) = self.tasks.get_mut(at) {
                    task.inside = Inside::Items(items);
                }
                for _ in 0..concurrency.max(1) {
                    self.release_item(at);
                }
                self.todo.push_back(Todo::CloseItems(at));
            }
            Opened::Composition { plan, inputs } => {
                self.redaction.hide_inputs(&plan, &inputs);
                let Some(outer) = self.frames.get(frame) else { return };
                let scope = outer.scope.inner(&plan, inputs);
                let inner = self.add_frame(plan, Some(at), scope);
                if let Some(task) = self.tasks.get_mut(at) {
                    task.inside = Inside::Frame(inner);
                }
                self.begin_frame(inner);
            }
        }
    }

    /// The next item of a step could begin, if there is one left.
    fn release_item(&mut self, of: usize) {
        let Some(items) = self.tasks.get_mut(of).and_then(Task::items_mut) else { return };
        if items.released < items.count && items.failed.is_none() {
            let next = items.first + items.released;
            items.released += 1;
            items.live += 1;
            self.release(next);
        }
    }

    fn close_item(&mut self, of: usize, failed: Option<usize>) {
        let Some(items) = self.tasks.get_mut(of).and_then(Task::items_mut) else { return };
        items.live = items.live.saturating_sub(1);
        match failed {
            Some(item) => {
                items.failed.get_or_insert(item);
            }
            None => {
                items.succeeded += 1;
                self.release_item(of);
            }
        }
    }

    /// A task that consists of others failed: what of them has not begun, or waits, never will.
    fn bury(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let parts = match &task.inside {
            Inside::Nothing => return,
            Inside::Items(items) => items.first..items.first + items.count,
            Inside::Frame(frame) => {
                let Some(frame) = self.frames.get(*frame) else { return };
                frame.first..frame.first + frame.plan.steps.len()
            }
        };
        for part in parts {
            let Some(task) = self.tasks.get_mut(part) else { continue };
            if std::mem::take(&mut task.is_released) {
                self.startable = self.startable.saturating_sub(1);
            }
            if let Some(until) = task.waits_until() {
                self.waits.remove(&(until, part));
            }
            if matches!(task.phase, Phase::Open { .. }) {
                self.bury(part);
            }
        }
    }
}
