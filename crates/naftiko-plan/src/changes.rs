//! What has changed between two plans of one composition: for a run that was begun with the one when the documents now
//! give the other.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{Action, Plan, Step};

/// One difference between the plan a run was begun with and a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A step is new.
    Added {
        /// Its id.
        step: String,
    },
    /// A step is gone.
    Removed {
        /// Its id.
        step: String,
    },
    /// A step is another.
    Step {
        /// Its id.
        step: String,
        /// What of it differs, as the plan names it: `arguments`, `poll`, `when`.
        what: Vec<String>,
    },
    /// The description of an operation is another.
    Operation {
        /// Its `operationId`.
        operation: String,
        /// The steps that use it.
        steps: Vec<String>,
    },
    /// A provider is elsewhere, or lets requests in otherwise.
    Provider {
        /// Its id.
        provider: String,
    },
    /// The inputs are others.
    Inputs,
    /// The outputs are others.
    Outputs,
    /// What follows what is another.
    Order,
}

impl fmt::Display for Change {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { step } => write!(f, "step `{step}` is new"),
            Self::Removed { step } => write!(f, "step `{step}` is gone"),
            Self::Step { step, what } => write!(f, "step `{step}`: {} changed", list(what)),
            Self::Operation { operation, steps } => {
                write!(f, "operation `{operation}` changed, which {} uses", list(steps))
            }
            Self::Provider { provider } => write!(f, "provider `{provider}` changed"),
            Self::Inputs => f.write_str("the inputs changed"),
            Self::Outputs => f.write_str("the outputs changed"),
            Self::Order => f.write_str("what follows what changed"),
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Plan {
    /// What `now` has otherwise, steps first, in their order; nothing if a run of the one does what a run of the other
    /// does. Where the documents lie and how they are written does not count.
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

/// The fields of two steps that differ, those of their actions by themselves.
fn differing(one: &Step, other: &Step) -> Vec<String> {
    let actions = (&one.action, &other.action);
    let (one, other) = (fields(one), fields(other));
    let names: BTreeSet<&String> = one.iter().chain(&other).map(|(name, _)| name).collect();
    let value = |fields: &[(String, Value)], name: &String| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    // Words about a step change nothing that it does.
    let names = names.into_iter().filter(|name| *name != "description" && *name != "plan");
    let mut what: Vec<String> =
        names.filter(|name| value(&one, name) != value(&other, name)).cloned().collect();
    // A plan within is compared like any other: where its documents lie does not count.
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

/// A part of a plan as it is kept: one that was read back is the same.
fn as_written(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn order(plan: &Plan) -> BTreeSet<(String, String)> {
    let id = |at: usize| plan.steps.get(at).map(|step| step.id.clone()).unwrap_or_default();
    plan.edges.iter().map(|edge| (id(edge.from), id(edge.to))).collect()
}
