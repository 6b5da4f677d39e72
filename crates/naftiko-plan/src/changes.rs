//! The differences between two plans of one composition: the plan of a run, and the one its documents give now.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{Action, Plan, Step};

/// One difference between the plan of a run and a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A step was added.
    Added {
        /// The id of the step.
        step: String,
    },
    /// A step was removed.
    Removed {
        /// The id of the step.
        step: String,
    },
    /// A step has changed.
    Step {
        /// The id of the step.
        step: String,
        /// The fields that differ, as named in the plan: `arguments`, `poll`, `when`.
        what: Vec<String>,
    },
    /// The description of an operation has changed.
    Operation {
        /// The `operationId`.
        operation: String,
        /// The steps that use it.
        steps: Vec<String>,
    },
    /// A provider has another URL, or another authentication.
    Provider {
        /// The id of the provider.
        provider: String,
    },
    /// The inputs have changed.
    Inputs,
    /// The outputs have changed.
    Outputs,
    /// The order of the steps has changed.
    Order,
}

impl fmt::Display for Change {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { step } => write!(f, "step `{step}` is new"),
            Self::Removed { step } => write!(f, "step `{step}` was removed"),
            Self::Step { step, what } => write!(f, "step `{step}`: {} changed", list(what)),
            Self::Operation { operation, steps } => {
                write!(f, "operation `{operation}` changed, which {} uses", list(steps))
            }
            Self::Provider { provider } => write!(f, "provider `{provider}` changed"),
            Self::Inputs => f.write_str("the inputs changed"),
            Self::Outputs => f.write_str("the outputs changed"),
            Self::Order => f.write_str("the order of steps changed"),
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Plan {
    /// The differences in `now`, steps first, in their order; empty if a run of either plan does the same. The
    /// locations and the formatting of documents do not count.
    pub fn changes_to(&self, now: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for step in &self.steps {
            match now.step(&step.id) {
                None => changes.push(Change::Removed { step: step.id.clone() }),
                Some(other) => {
                    let what = differing(step, other);
                    if !what.is_empty() {
                        changes.push(Change::Step { step: step.id.clone(), what });
                    }
                }
            }
        }
        let added = now.steps.iter().filter(|step| self.step(&step.id).is_none());
        changes.extend(added.map(|step| Change::Added { step: step.id.clone() }));
        changes.extend(self.changed_operations(now));
        for (id, provider) in &self.providers {
            if now.providers.get(id).is_some_and(|other| !other.is_the_same_as(provider)) {
                changes.push(Change::Provider { provider: id.clone() });
            }
        }
        if as_written(&self.inputs) != as_written(&now.inputs) {
            changes.push(Change::Inputs);
        }
        if as_written(&self.outputs) != as_written(&now.outputs) {
            changes.push(Change::Outputs);
        }
        if changes.is_empty() && order(self) != order(now) {
            changes.push(Change::Order);
        }
        changes
    }

    fn changed_operations(&self, now: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (key, operation) in &self.operations {
            let facts = (self.facts.get(key), now.facts.get(key));
            let Some(other) = now.operations.get(key) else { continue };
            if as_written(operation) == as_written(other) && as_written(&facts.0) == as_written(&facts.1) {
                continue;
            }
            let uses = |step: &&Step| step.invokes().any(|invoke| invoke.operation == *key);
            let steps = self.steps.iter().filter(uses).map(|step| step.id.clone()).collect();
            changes.push(Change::Operation { operation: operation.id.clone(), steps });
        }
        changes
    }
}

/// The fields in which two steps differ; those of their actions are listed individually.
fn differing(one: &Step, other: &Step) -> Vec<String> {
    let actions = (&one.action, &other.action);
    let (one, other) = (fields(one), fields(other));
    let names: BTreeSet<&String> = one.iter().chain(&other).map(|(name, _)| name).collect();
    let value = |fields: &[(String, Value)], name: &String| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    // The description of a step has no effect on the run.
    let names = names.into_iter().filter(|name| *name != "description" && *name != "plan");
    let mut what: Vec<String> =
        names.filter(|name| value(&one, name) != value(&other, name)).cloned().collect();
    // An inner plan is compared in the same way: the locations of its documents do not count.
    if let (Action::Composition(before), Action::Composition(now)) = actions
        && !before.plan.changes_to(&now.plan).is_empty()
    {
        what.push("composition".to_owned());
    }
    what
}

fn fields(step: &Step) -> Vec<(String, Value)> {
    let Value::Object(mut fields) = as_written(step) else { return Vec::new() };
    let mut flat = Vec::new();
    if let Some(Value::Object(action)) = fields.remove("action") {
        for (kind, content) in action {
            match content {
                Value::Object(content) => flat.extend(content),
                other => flat.push((kind, other)),
            }
        }
    }
    flat.extend(fields);
    flat
}

/// A part of a plan in its stored form, in which a plan that was read back equals the one that was written.
fn as_written(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn order(plan: &Plan) -> BTreeSet<(String, String)> {
    let id = |at: usize| plan.steps.get(at).map(|step| step.id.clone()).unwrap_or_default();
    plan.edges.iter().map(|edge| (id(edge.from), id(edge.to))).collect()
}
