//! The environment of a run's expressions.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use naftiko_adapter::Response;
use naftiko_expr::{Environment, Root, copied};
use naftiko_plan::Plan;
use serde_json::{Map, Value, json};

/// The names that all steps of a composition see: inputs, results so far, and the run itself. A step without a result
/// is absent.
#[derive(Debug)]
pub(super) struct Scope {
    inputs: Value,
    run: Value,
    positions: HashMap<String, usize>,
    results: Vec<Option<Arc<Value>>>,
}

impl Scope {
    pub(super) fn new(plan: &Plan, inputs: Map<String, Value>) -> Self {
        let mut positions = HashMap::with_capacity(plan.steps.len());
        for (at, step) in plan.steps.iter().enumerate() {
            positions.entry(step.id.clone()).or_insert(at);
        }
        Self { inputs: inputs.into(), run: json!({}), positions, results: vec![None; plan.steps.len()] }
    }

    /// The environment of an inner composition: its own inputs and results, in the same run.
    pub(super) fn inner(&self, plan: &Plan, inputs: Map<String, Value>) -> Self {
        Self { run: self.run.clone(), ..Self::new(plan, inputs) }
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

    pub(super) fn result(&self, position: usize) -> Option<&Arc<Value>> {
        self.results.get(position)?.as_ref()
    }

    pub(super) fn set_result(&mut self, position: usize, result: Arc<Value>) {
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
            Root::Step(id) => self.result(self.position(id)?).map(|result| &**result),
            Root::Item | Root::Index | Root::Response => None,
        }
    }
}

/// The environment of one task: that of its composition, and its own names.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) scope: &'a Scope,
    /// The values of `item` and `index`.
    pub(super) item: Option<(&'a Value, &'a Value)>,
    /// The result of the item being compensated, under the id of its step.
    pub(super) undone: Option<(&'a str, Option<&'a Value>)>,
    /// The value of `response`.
    pub(super) response: Option<&'a Answer>,
}

impl Environment for View<'_> {
    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Item => Some(self.item?.0),
            Root::Index => Some(self.item?.1),
            Root::Response => self.response?.root(root),
            Root::Step(id) => match self.undone {
                Some((undone, result)) if undone == id => result,
                _ => self.scope.root(root),
            },
            Root::Inputs | Root::Run => self.scope.root(root),
        }
    }

    fn field(&self, root: &Root, name: &str) -> Option<Option<&Value>> {
        self.response?.field(root, name)
    }
}

/// A response as the value `response`. Its body is shared, and copied only for an expression that reads all of it.
#[derive(Debug)]
pub(super) struct Answer {
    /// The fields `status` and `headers`.
    head: Map<String, Value>,
    body: Arc<Value>,
    whole: OnceLock<Value>,
    /// The size of the body, computed when it is needed.
    size: OnceLock<u64>,
}

impl Answer {
    pub(super) fn new(response: Response) -> Self {
        // Expressions read headers by lower-case names, whatever case the adapter uses.
        let headers = response.headers.into_iter();
        let headers: Map<String, Value> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.into())).collect();
        let head = Map::from_iter([
            ("status".to_owned(), response.status.into()),
            ("headers".to_owned(), headers.into()),
        ]);
        Self { head, body: response.body, whole: OnceLock::new(), size: OnceLock::new() }
    }

    /// The complete response: body and head.
    pub(super) fn to_value(&self) -> Value {
        Value::Array(vec![(*self.body).clone(), self.head.clone().into()])
    }

    /// A response of which only the body is known.
    pub(super) fn of_body(body: Arc<Value>) -> Self {
        Self { head: Map::new(), body, whole: OnceLock::new(), size: OnceLock::new() }
    }

    pub(super) fn body(&self) -> &Arc<Value> {
        &self.body
    }

    /// The body.
    pub(super) fn into_body(self) -> Arc<Value> {
        self.body
    }

    /// A header, by its lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.get("headers")?.get(name)?.as_str()
    }

    /// The size of the body.
    pub(super) fn size(&self) -> u64 {
        *self.size.get_or_init(|| naftiko_expr::size(&self.body))
    }

    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| {
            let mut whole = self.head.clone();
            whole.insert("body".to_owned(), copied(&self.body));
            whole.into()
        })
    }
}

impl Environment for Answer {
    fn root(&self, root: &Root) -> Option<&Value> {
        (*root == Root::Response).then(|| self.whole())
    }

    fn field(&self, root: &Root, name: &str) -> Option<Option<&Value>> {
        (*root == Root::Response).then(|| match name {
            "body" => Some(&*self.body),
            _ => self.head.get(name),
        })
    }
}
