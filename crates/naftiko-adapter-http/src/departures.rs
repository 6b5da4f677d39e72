//! Finds where a response deviates from the schemas of its operation.
//!
//! Real services deviate from their descriptions, so a deviation is reported and does not fail the call by default. A
//! deviation names the place and the expected value, never the value found.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Departure, Operation, Response, ResponseSpec};
use naftiko_schema::{Options, Rule, Schema, Verdict};
use naftiko_wire::OfOperations;
use serde_json::Value;

/// The maximum number of deviations that are reported for one response.
pub(crate) const MOST: usize = 5;

/// The schemas of operations, each compiled once.
#[derive(Default)]
pub(crate) struct Schemas {
    kept: OfOperations<Compiled>,
}

/// The schemas of one operation, each compiled at its first use.
struct Compiled {
    operation: Arc<Operation>,
    /// The schemas of responses, by status as the description writes it.
    responses: IndexMap<String, OnceLock<Schema>>,
}

impl Schemas {
    /// The deviations of a 2xx response from its description.
    pub(crate) fn response(&self, operation: &Arc<Operation>, response: &Response) -> Vec<Departure> {
        let is_unread = response.is_body_withheld || !(200..300).contains(&response.status);
        if is_unread || operation.responses.is_empty() {
            return Vec::new();
        }
        self.kept.get(operation, || Compiled::new(operation)).response(response)
    }
}

impl Compiled {
    fn new(operation: &Arc<Operation>) -> Self {
        let responses = operation.responses.keys();
        Self {
            operation: Arc::clone(operation),
            responses: responses.map(|status| (status.clone(), OnceLock::new())).collect(),
        }
    }

    fn compiled<'c>(&self, cell: &'c OnceLock<Schema>, schema: &Value, options: Options) -> &'c Schema {
        cell.get_or_init(|| Schema::compile(schema, &self.operation.definitions, options))
    }

    fn response(&self, response: &Response) -> Vec<Departure> {
        let operation = &self.operation;
        let found = operation.response(response.status);
        let Some(spec) = operation.described_response(response.status) else { return Vec::new() };
        let mut departures = Vec::new();
        if found.is_none() {
            let described: Vec<&str> = operation.successes().into_iter().map(|(status, _)| status).collect();
            departures.push(departure("", format!("expected the status {}", described.join(" or "))));
        }
        departures.extend(wrong_type(spec, response));
        let key = operation.responses.iter().find(|(_, known)| std::ptr::eq(*known, spec));
        if departures.is_empty() || found.is_none() {
            let cell = key.and_then(|(status, _)| self.responses.get(status));
            if let Some((cell, schema)) = cell.zip(spec.schema.as_ref()) {
                departures.extend(all(self.compiled(cell, schema, Options::RECEIVED), &response.body));
            }
        }
        departures.truncate(MOST);
        departures
    }
}

/// The deviation of a body that is not JSON although JSON is described. Further deviations would only repeat it.
fn wrong_type(spec: &ResponseSpec, response: &Response) -> Option<Departure> {
    let described = essence(spec.content_type.as_deref()?);
    let found = essence(response.headers.get("content-type")?);
    let departs = is_json(&described) && !is_json(&found) && !response.body.is_null();
    departs.then(|| departure("", format!("expected a body of the media type `{described}`")))
}

fn departure(pointer: &str, expected: impl Into<String>) -> Departure {
    Departure { pointer: pointer.to_owned(), expected: expected.into() }
}

/// All violations of the schema and all parts that could not be checked, once for all items of a list.
fn all(schema: &Schema, value: &Value) -> Vec<Departure> {
    match schema.verdict(value) {
        Verdict::Fits => return Vec::new(),
        Verdict::Fails if value.is_null() => return vec![departure("", "expected a body")],
        Verdict::Fails | Verdict::Unknown => {}
    }
    // An error in a description usually recurs in every item, so the first 10,000 violations suffice.
    let report = schema.examine(value, 10_000);
    let mut seen = BTreeSet::new();
    let violations = report.violations.iter().map(|violation| {
        let is_missing = matches!(violation.rule, Rule::Required(_));
        (any_item(&violation.pointer), is_missing, violation.redacted())
    });
    let unchecked = report.undecided.iter().map(|(pointer, pattern)| {
        let reason = format!("not checked: `{pattern}` needs too many steps for this text");
        (any_item(pointer), false, reason)
    });
    let exhausted = report.exhausted.then(|| {
        (String::new(), false, "not checked: its description needs too many steps for it".to_owned())
    });
    violations
        .chain(unchecked)
        .chain(exhausted)
        // One violation per place suffices, except that each missing field is reported.
        .filter(|(pointer, is_missing, reason)| {
            seen.insert((pointer.clone(), is_missing.then(|| reason.clone())))
        })
        .take(MOST)
        .map(|(pointer, _, reason)| departure(&pointer, reason))
        .collect()
}

/// Replaces every index in a JSON Pointer with `*`.
fn any_item(pointer: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = pointer.split('/').map(|part| if is_index(part) { "*" } else { part }).collect();
    parts.join("/")
}
