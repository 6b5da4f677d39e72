//! What a step consists of, found when it begins: its items, or the steps of its composition.

use std::sync::Arc;

use naftiko_expr::{Environment, Template};
use naftiko_journal::{Cause, Failure};
use naftiko_plan::{Action, Embedded, ForEach, Plan};
use serde_json::{Map, Value};

use super::task::Role;
use super::{Run, failure};

/// What a step consists of.
pub(super) enum Opened {
    Items { items: Vec<Value>, concurrency: u32 },
    Composition { plan: Arc<Plan>, inputs: Map<String, Value> },
}

impl Opened {
    /// How many items; nothing for a composition.
    pub(super) fn items(&self) -> Option<u32> {
        match self {
            // There is no room for more in a run.
            Self::Items { items, .. } => Some(u32::try_from(items.len()).unwrap_or(u32::MAX)),
            Self::Composition { .. } => None,
        }
    }
}

impl Run {
    /// What a task consists of; nothing if it is done in one piece.
    pub(super) fn consists_of(&self, at: usize) -> Result<Option<Opened>, Failure> {
        let found = self.tasks.get(at).and_then(|task| Some((task, self.step_of(task)?, self.view(task)?)));
        let Some((task, step, view)) = found else { return Ok(None) };
        match (&step.for_each, &step.action) {
            (Some(for_each), _) if task.role == Role::Step => self.items(for_each, &view).map(Some),
            (_, Action::Composition(embedded)) => self.composition(embedded, &view).map(Some),
            _ => Ok(None),
        }
    }

    /// The same, as a record says it was: with so many items.
    pub(super) fn opened(&self, at: usize, items: Option<u32>) -> Result<Opened, Failure> {
        match self.consists_of(at)? {
            Some(opened) if opened.items() == items => Ok(opened),
            Some(opened) => {
                let count = |items: Option<u32>| {
                    items.map_or("a composition".into(), |items| format!("{items} items"))
                };
                let message = format!("it was {}, and is {} now", count(items), count(opened.items()));
                Err(failure::of(Cause::Refused, message))
            }
            None => Err(failure::of(Cause::Refused, "the step is done in one piece")),
        }
    }

    fn items(&self, for_each: &ForEach, view: &dyn Environment) -> Result<Opened, Failure> {
        let list = &for_each.list;
        match list.evaluate(view) {
            Ok(Some(Value::Array(items))) => Ok(Opened::Items { items, concurrency: for_each.concurrency }),
            Ok(Some(_)) => Err(failure::of(Cause::Type, format!("`{list}` is not a list"))),
            Ok(None) => {
                Err(failure::of(Cause::Unresolved, format!("`{list}` is absent, and a list is needed")))
            }
            Err(error) => Err(failure::of(failure::cause(&error), self.redaction.text(&error.to_string()))),
        }
    }

    fn composition(&self, embedded: &Embedded, view: &dyn Environment) -> Result<Opened, Failure> {
        let plan = &embedded.plan;
        let mut inputs = Map::new();
        for (name, value) in &embedded.inputs {
            match value.evaluate(view) {
                Ok(value) => {
                    inputs.insert(name.clone(), value);
                }
                // As if it were not given, which is what an optional input is good for.
                Err(error)
                    if failure::cause(&error) == Cause::Unresolved && matches!(value, Template::Whole(_)) => {
                }
                Err(error) => {
                    let message = format!("input `{name}` of `{}`: {error}", plan.name);
                    return Err(failure::of(failure::cause(&error), self.redaction.text(&message)));
                }
            }
        }
        for input in plan.inputs.iter().filter(|input| !embedded.inputs.contains_key(&input.name)) {
            if let Some(default) = &input.default {
                inputs.insert(input.name.clone(), default.clone());
            }
        }
        let missing = plan.inputs.iter().find(|input| input.required && !inputs.contains_key(&input.name));
        match missing {
            Some(input) => {
                let message = format!("`{}` needs the input `{}`, and it is absent", plan.name, input.name);
                Err(failure::of(Cause::Unresolved, message))
            }
            None => Ok(Opened::Composition { plan: Arc::clone(plan), inputs }),
        }
    }
}
