//! Determines the parts of a step when it starts: its items, or the steps of its composition.

use std::sync::Arc;

use naftiko_expr::{Budget, Environment, Template};
use naftiko_journal::{Cause, Failure, address};
use naftiko_plan::{Action, Embedded, ForEach, Input, Plan};
use serde_json::{Map, Value};

use super::frame::Frame;
use super::redact::Redaction;
use super::scope::Scope;
use super::task::{Inside, Items, Role, Task};
use super::{Run, failure};

/// The parts of a step.
pub(super) enum Opened {
    Items {
        items: Vec<Value>,
        concurrency: u32,
    },
    Composition {
        plan: Arc<Plan>,
        inputs: Map<String, Value>,
        /// The reason why the composition cannot start, if a value required by the author is absent.
        unresolved: Option<Failure>,
    },
}

impl Opened {
    /// The number of items; `None` for a composition.
    pub(super) fn items(&self) -> Option<u32> {
        match self {
            // A run has no room for more.
            Self::Items { items, .. } => Some(u32::try_from(items.len()).unwrap_or(u32::MAX)),
            Self::Composition { .. } => None,
        }
    }

    /// Rejects a composition whose inputs are absent or do not match their schemas. Recorded openings are not checked
    /// again.
    pub(super) fn admitted(self, redaction: &Redaction) -> Result<Self, Failure> {
        let Self::Composition { plan, inputs, unresolved } = &self else { return Ok(self) };
        let objection = || {
            let said = plan.inputs.iter().find_map(|input| unfit(plan, input, inputs.get(&input.name)?))?;
            Some(failure::of(Cause::Input, redaction.text(&said)))
        };
        match unresolved.clone().or_else(objection) {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }
}

/// Describes why a value does not match the schema of its input. The text never shows the value, which may be
/// sensitive.
fn unfit(plan: &Plan, input: &Input, value: &Value) -> Option<String> {
    let objections = input.objections(value);
    let reasons = objections.iter().map(|it| match it.pointer.as_str() {
        // Field names are part of the value.
        _ if input.sensitive => "the value does not fit its schema".to_owned(),
        "" => it.masked.clone(),
        pointer => format!("{} at `{pointer}`", it.masked),
    });
    let mut reasons: Vec<String> = reasons.collect();
    reasons.dedup();
    (!reasons.is_empty())
        .then(|| format!("input `{}` of `{}`: {}", input.name, plan.name, reasons.join("; ")))
}

impl Run {
    /// The parts of a task; `None` if it has none.
    pub(super) fn consists_of(&self, at: usize) -> Result<Option<Opened>, Failure> {
        let found = self.tasks.get(at).and_then(|task| Some((task, self.step_of(task)?, self.view(task)?)));
        let Some((task, step, view)) = found else { return Ok(None) };
        match (&step.for_each, &step.action) {
            (Some(for_each), _) if task.role == Role::Step => self.items(for_each, &view).map(Some),
            (_, Action::Composition(embedded)) => self.composition(embedded, &view).map(Some),
            _ => Ok(None),
        }
    }

    /// The parts of a task, which must match the number of items in its record.
    pub(super) fn opened(&self, at: usize, items: Option<u32>) -> Result<Opened, Failure> {
        match self.consists_of(at)? {
            Some(opened) if opened.items() == items => Ok(opened),
            Some(opened) => {
                let count = |items: Option<u32>| match items {
                    None => "a composition".to_owned(),
                    Some(1) => "1 item".to_owned(),
                    Some(items) => format!("{items} items"),
                };
                let message = format!("it was {}, and is {} now", count(items), count(opened.items()));
                Err(failure::of(Cause::Refused, message))
            }
            None => Err(failure::of(Cause::Refused, "the step has no parts")),
        }
    }

    fn items(&self, for_each: &ForEach, view: &dyn Environment) -> Result<Opened, Failure> {
        let list = &for_each.list;
        match list.evaluate(view) {
            Ok(Some(Value::Array(items))) => Ok(Opened::Items { items, concurrency: for_each.concurrency }),
            Ok(Some(_)) => Err(failure::of(Cause::Type, format!("`{list}` is not a list"))),
            Ok(None) => {
                Err(failure::of(Cause::Unresolved, format!("`{list}` is absent; a list is required")))
            }
            Err(error) => Err(failure::of(failure::cause(&error), self.redaction.text(&error.to_string()))),
        }
    }

    fn composition(&self, embedded: &Embedded, view: &dyn Environment) -> Result<Opened, Failure> {
        let plan = &embedded.plan;
        let mut inputs = Map::new();
        let mut unresolved = None;
        let budget = Budget::default();
        for (name, value) in &embedded.inputs {
            let error = match value.evaluate_within(view, &budget) {
                Ok(value) => {
                    inputs.insert(name.clone(), value);
                    continue;
                }
                Err(error) => error,
            };
            let cause = failure::cause(&error);
            let message = format!("input `{name}` of `{}`: {error}", plan.name);
            let failure = failure::of(cause, self.redaction.text(&message));
            // An unresolved value counts as not given, which an optional input allows.
            if cause != Cause::Unresolved || !matches!(value, Template::Whole(_)) {
                return Err(failure);
            }
            if !embedded.optional.contains(name) {
                unresolved.get_or_insert(failure);
            }
        }
        for input in &plan.inputs {
            if let (None, Some(default)) = (inputs.get(&input.name), &input.default) {
                inputs.insert(input.name.clone(), default.clone());
            }
        }
        let missing = plan.inputs.iter().find(|input| input.required && !inputs.contains_key(&input.name));
        match missing {
            Some(input) => {
                let message = format!("`{}` requires the input `{}`, which is absent", plan.name, input.name);
                Err(failure::of(Cause::Unresolved, message))
            }
            None => Ok(Opened::Composition { plan: Arc::clone(plan), inputs, unresolved }),
        }
    }

    /// Opens a task, and releases its first parts.
    pub(super) fn open(&mut self, at: usize, opened: Opened) {
        match opened {
            Opened::Items { items, concurrency } => self.open_items(at, items, concurrency),
            Opened::Composition { plan, inputs, .. } => {
                self.redaction.hide_inputs(&plan, &inputs);
                let outer = self.tasks.get(at).and_then(|task| self.frames.get(task.frame));
                let Some(scope) = outer.map(|outer| outer.scope.inner(&plan, inputs)) else { return };
                let inner = self.add_frame(plan, Some(at), scope);
                if let Some(task) = self.tasks.get_mut(at) {
                    task.inside = Inside::Frame(inner);
                }
                self.begin_frame(inner);
            }
        }
    }

    fn open_items(&mut self, at: usize, items: Vec<Value>, concurrency: u32) {
        let Some(task) = self.tasks.get(at) else { return };
        let (frame, position, name) = (task.frame, task.position, task.name.clone());
        let at_once = items.len().min(usize::try_from(concurrency).unwrap_or(usize::MAX).max(1));
        let first = self.tasks.len();
        for (index, item) in (0_u32..).zip(items) {
            let role = Role::Item { of: at, item, index: index.into() };
            self.add_task(Task::new(address::item(&name, index), frame, position, role));
        }
        let tasks = first..self.tasks.len();
        if let Some(task) = self.tasks.get_mut(at) {
            task.inside = Inside::Items(Items::new(tasks));
        }
        for _ in 0..at_once {
            self.release_item(at);
        }
    }

    /// Adds the frame of a composition and the tasks of its steps.
    pub(super) fn add_frame(&mut self, plan: Arc<Plan>, owner: Option<usize>, scope: Scope) -> usize {
        let frame = self.frames.len();
        let first = self.tasks.len();
        let prefix = owner.and_then(|owner| self.tasks.get(owner)).map(|owner| owner.name.clone());
        for (position, step) in plan.steps.iter().enumerate() {
            let name = prefix.as_ref().map_or_else(|| step.id.clone(), |of| address::inner(of, &step.id));
            self.add_task(Task::new(name, frame, position, Role::Step));
        }
        let secret = self.secret_outputs(&plan, owner);
        self.frames.push(Frame::new(plan, owner, scope, first, &secret));
        frame
    }

    pub(super) fn add_task(&mut self, task: Task) -> usize {
        let at = self.tasks.len();
        self.names.entry(task.name.clone()).or_insert(at);
        self.tasks.push(task);
        at
    }
}
