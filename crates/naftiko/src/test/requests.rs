//! The requests of a run, reconstructed from its events, in which sensitive values are masked.

use naftiko_adapter::Place;
use naftiko_engine::Run;
use naftiko_journal::{Event, Part, Record, Request};
use naftiko_plan::{Action, Invoke, Slot};
use serde_json::{Map, Value, json};

/// A request that a run sent.
#[derive(PartialEq)]
pub(super) struct Sent {
    step: String,
    operation: String,
    method: String,
    path: String,
    query: Map<String, Value>,
    headers: Map<String, Value>,
    body: Option<Value>,
}

/// All requests of a run, in order.
pub(super) fn sent(run: &Run, records: &[Record]) -> Vec<Sent> {
    let requests = records.iter().filter_map(|record| match &record.event {
        Event::AttemptStarted { step, request, .. } => Some(Sent::new(run, step, request)),
        _ => None,
    });
    requests.collect()
}

/// The requests for a snapshot. A step's repeated, equal requests are shown once, with their number.
pub(super) fn shown(requests: &[Sent]) -> Vec<Value> {
    let mut all: Vec<(&Sent, u32)> = Vec::new();
    for sent in requests {
        let before = all.iter_mut().rev().find(|(before, _)| before.step == sent.step);
        match before.filter(|(before, _)| *before == sent) {
            Some((_, times)) => *times += 1,
            None => all.push((sent, 1)),
        }
    }
    all.into_iter().map(|(sent, times)| sent.shown(times)).collect()
}

impl Sent {
    fn new(run: &Run, step: &str, request: &Request) -> Self {
        let mut sent = Self {
            step: step.to_owned(),
            operation: request.operation.clone(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: Map::new(),
            headers: Map::new(),
            body: None,
        };
        let invoke = invoke(run, step);
        for (key, value) in &request.arguments {
            let slots = invoke.iter().flat_map(|invoke| &invoke.arguments).map(|argument| &argument.slot);
            let slot = slots.into_iter().find(|slot| slot.name() == key || qualified(slot) == *key);
            sent.put(slot, key, value);
        }
        sent
    }

    fn put(&mut self, slot: Option<&Slot>, key: &str, value: &Value) {
        match slot {
            Some(Slot::Parameter(Place::Path, name)) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.path = self.path.replace(&format!("{{{name}}}"), &text);
            }
            Some(Slot::Parameter(Place::Query, name)) => {
                self.query.insert(name.clone(), value.clone());
            }
            Some(Slot::Parameter(place, name)) => {
                let name = if *place == Place::Cookie { format!("cookie {name}") } else { name.clone() };
                self.headers.insert(name, value.clone());
            }
            Some(Slot::Body) => self.body = Some(value.clone()),
            Some(Slot::Property(_)) | None => {
                let name = slot.map_or(key, Slot::name);
                let body = self.body.get_or_insert_with(|| Value::Object(Map::new()));
                if let Some(fields) = body.as_object_mut() {
                    fields.insert(name.to_owned(), value.clone());
                }
            }
        }
    }

    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The request as a value for expressions.
    pub(super) fn value(&self) -> Value {
        json!({
            "step": self.step,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body,
        })
    }

    fn shown(&self, times: u32) -> Value {
        // A step id that equals one of the other keys gets a prefix.
        let taken = ["query", "headers", "body", "times"].contains(&self.step.as_str());
        let step = if taken { format!("step {}", self.step) } else { self.step.clone() };
        let mut shown = Map::from_iter([(step, Value::from(self.line()))]);
        for (key, fields) in [("query", &self.query), ("headers", &self.headers)] {
            if !fields.is_empty() {
                shown.insert(key.to_owned(), Value::Object(fields.clone()));
            }
        }
        shown.extend(self.body.clone().map(|body| ("body".to_owned(), body)));
        if times > 1 {
            shown.insert("times".to_owned(), times.into());
        }
        Value::Object(shown)
    }
}

/// The invocation of a step, or that of its compensation.
fn invoke<'a>(run: &'a Run, step: &str) -> Option<&'a Invoke> {
    let definition = run.definition(step)?;
    if matches!(Part::of(step), Some(Part::Compensation { .. })) {
        return definition.compensate.as_ref().map(|undo| &undo.invoke);
    }
    match &definition.action {
        Action::Invoke(invoke) => Some(invoke),
        Action::External(_) | Action::Composition(_) => None,
    }
}

/// The name of an argument, qualified by its place; used where one name occurs in two places.
fn qualified(slot: &Slot) -> String {
    match slot {
        Slot::Parameter(place, name) => format!("{}.{name}", place.as_str()),
        Slot::Property(name) => format!("body.{name}"),
        Slot::Body => "body".to_owned(),
    }
}
