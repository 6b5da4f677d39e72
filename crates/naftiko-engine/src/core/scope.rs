//! What the expressions of a run see.

use std::collections::HashMap;

use jiff::Timestamp;
use naftiko_adapter::Response;
use naftiko_expr::{Environment, Root};
use naftiko_plan::Plan;
use serde_json::{Map, Value, json};

/// Inputs, results so far, and the run itself. A step without a result is absent.
#[derive(Debug)]
pub(super) struct Scope {
    inputs: Value,
    run: Value,
    positions: HashMap<String, usize>,
    results: Vec<Option<Value>>,
}

impl Scope {
    pub(super) fn new(plan: &Plan, inputs: Map<String, Value>) -> Self {
        let mut positions = HashMap::with_capacity(plan.steps.len());
        for (at, step) in plan.steps.iter().enumerate() {
            positions.entry(step.id.clone()).or_insert(at);
        }
        Self { inputs: inputs.into(), run: json!({}), positions, results: vec![None; plan.steps.len()] }
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.inputs.as_object().into_iter().flatten()
    }

    pub(super) fn begin(&mut self, run: &str, at: Timestamp) {
        self.run = json!({ "id": run, "startedAt": at });
    }

    pub(super) fn position(&self, step: &str) -> Option<usize> {
        self.positions.get(step).copied()
    }

    pub(super) fn result(&self, position: usize) -> Option<&Value> {
        self.results.get(position)?.as_ref()
    }

    pub(super) fn set_result(&mut self, position: usize, result: Value) {
        if let Some(slot) = self.results.get_mut(position) {
            *slot = Some(result);
        }
    }
}

impl Environment for Scope {
    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Inputs => Some(&self.inputs),
            Root::Run => Some(&self.run),
            Root::Step(id) => self.result(self.position(id)?),
            Root::Item | Root::Index | Root::Response => None,
        }
    }
}

/// The same, from inside a step that has an answer to look at.
pub(super) struct Answered<'a> {
    scope: &'a Scope,
    response: Value,
}

impl<'a> Answered<'a> {
    /// Gives the body back by [`Self::into_body`]: bodies can be large.
    pub(super) fn new(scope: &'a Scope, response: Response) -> Self {
        // Expressions read a header by its lower-case name, whatever the adapter did.
        let headers = response.headers.into_iter();
        let headers: Map<String, Value> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.into())).collect();
        let mut object = Map::new();
        object.insert("status".into(), response.status.into());
        object.insert("headers".into(), headers.into());
        object.insert("body".into(), response.body);
        Self { scope, response: object.into() }
    }

    pub(super) fn status(&self) -> u16 {
        let status = self.response.get("status").and_then(Value::as_u64);
        status.and_then(|status| status.try_into().ok()).unwrap_or_default()
    }

    pub(super) fn into_body(mut self) -> Value {
        self.response.get_mut("body").map(Value::take).unwrap_or_default()
    }
}

impl Environment for Answered<'_> {
    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Response => Some(&self.response),
            other => self.scope.root(other),
        }
    }
}
