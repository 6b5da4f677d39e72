//! What the schemas of an operation say of what is sent and of what comes back.
//!
//! A request that does not fit is refused; an answer that does not fit is reported, since real services depart from their
//! descriptions. What is said names the place and what is expected there, never what was found.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Departure, Failure, Operation, Place, Response, ResponseSpec};
use naftiko_schema::{Options, Rule, Schema, Verdict};
use serde_json::Value;

use crate::refused;

/// As many departures of one answer as are reported.
pub(crate) const MOST: usize = 5;
/// As many operations as are kept compiled.
const MOST_OPERATIONS: usize = 256;

/// The schemas of operations, each compiled once.
#[derive(Default)]
pub(crate) struct Schemas {
    kept: Mutex<IndexMap<(String, String), Arc<Compiled>>>,
}

/// The schemas of one operation, each compiled when it is first needed.
struct Compiled {
    operation: Arc<Operation>,
    parameters: IndexMap<(Place, String), OnceLock<Schema>>,
    body: OnceLock<Schema>,
    /// By status as the description writes it.
    responses: IndexMap<String, OnceLock<Schema>>,
}

impl Schemas {
    /// Whether the arguments of a call fit the operation.
    ///
    /// # Errors
    /// A refusal that names the first that does not.
    pub(crate) fn request(&self, operation: &Arc<Operation>, arguments: &Arguments) -> Result<(), Failure> {
        self.of(operation).request(arguments)
    }

    /// Where an answer of success departs from its description.
    pub(crate) fn response(&self, operation: &Arc<Operation>, response: &Response) -> Vec<Departure> {
        let is_unread = response.is_body_withheld || !(200..300).contains(&response.status);
        if is_unread || operation.responses.is_empty() {
            return Vec::new();
        }
        self.of(operation).response(response)
    }

    fn of(&self, operation: &Arc<Operation>) -> Arc<Compiled> {
        let key = (operation.provider.clone(), operation.id.clone());
        let known = |compiled: &&Arc<Compiled>| {
            Arc::ptr_eq(&compiled.operation, operation) || compiled.operation == *operation
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = kept.get(&key).filter(known) {
            return Arc::clone(compiled);
        }
        let compiled = Arc::new(Compiled::new(operation));
        if kept.len() >= MOST_OPERATIONS {
            kept.shift_remove_index(0);
        }
        kept.insert(key, Arc::clone(&compiled));
        compiled
    }
}

impl Compiled {
    fn new(operation: &Arc<Operation>) -> Self {
        let parameters = operation.parameters.iter();
        let responses = operation.responses.keys();
        Self {
            operation: Arc::clone(operation),
            parameters: parameters.map(|it| ((it.place, it.name.clone()), OnceLock::new())).collect(),
            body: OnceLock::new(),
            responses: responses.map(|status| (status.clone(), OnceLock::new())).collect(),
        }
    }

    fn compiled<'c>(&self, cell: &'c OnceLock<Schema>, schema: &Value, options: Options) -> &'c Schema {
        cell.get_or_init(|| Schema::compile(schema, &self.operation.definitions, options))
    }

    fn request(&self, arguments: &Arguments) -> Result<(), Failure> {
        for ((place, name), value) in &arguments.parameters {
            let parameters = &self.operation.parameters;
            let parameter = parameters.iter().find(|it| it.place == *place && it.name == *name);
            let cell = self.parameters.get(&(*place, name.clone()));
            let Some((parameter, cell)) = parameter.zip(cell) else { continue };
            let is_kept = parameter.content_type.as_deref().map(essence).is_some_and(|it| is_json(&it));
            let options = if is_kept { Options::SENT } else { Options::SENT_AS_TEXT };
            let schema = self.compiled(cell, &parameter.schema, options);
            fits(schema, value, || format!("the {} parameter `{name}`", place.as_str()))?;
        }
        let Some((spec, body)) = self.operation.body.as_ref().zip(arguments.body.as_ref()) else {
            return Ok(());
        };
        let content_type = essence(&spec.content_type);
        let is_kept = is_json(&content_type) || content_type == "*/*";
        let options = if is_kept { Options::SENT } else { Options::SENT_AS_TEXT };
        fits(self.compiled(&self.body, &spec.schema, options), body, || "the body".to_owned())
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

/// A body of another media type than JSON, where JSON is described: all else would only repeat it.
fn wrong_type(spec: &ResponseSpec, response: &Response) -> Option<Departure> {
    let described = essence(spec.content_type.as_deref()?);
    let found = essence(response.headers.get("content-type")?);
    let departs = is_json(&described) && !is_json(&found) && !response.body.is_null();
    departs.then(|| departure("", format!("expected a body of the media type `{described}`")))
}

fn departure(pointer: &str, expected: impl Into<String>) -> Departure {
    Departure { pointer: pointer.to_owned(), expected: expected.into() }
}

/// Whether a value fits; the refusal says where not, and what is expected there. What could not be decided is sent.
fn fits(schema: &Schema, value: &Value, what: impl Fn() -> String) -> Result<(), Failure> {
    if schema.verdict(value) != Verdict::Fails {
        return Ok(());
    }
    let report = schema.examine(value, 1);
    let Some(violation) = report.violations.first() else { return Ok(()) };
    let pointer = &violation.pointer;
    let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    Err(refused(format!("{} does not fit its description{at}: {}", what(), violation.redacted())))
}

/// Everything that does not fit, or could not be checked, once for all items of a list.
fn all(schema: &Schema, value: &Value) -> Vec<Departure> {
    match schema.verdict(value) {
        Verdict::Fits => return Vec::new(),
        Verdict::Fails if value.is_null() => return vec![departure("", "expected a body")],
        Verdict::Fails | Verdict::Unknown => {}
    }
    // Whoever describes a hundred thousand items wrongly has described each of them wrongly in the same way.
    let report = schema.examine(value, 10_000);
    let mut seen = BTreeSet::new();
    let violations = report.violations.iter().map(|violation| {
        let is_missing = matches!(violation.rule, Rule::Required(_));
        (any_item(&violation.pointer), is_missing, violation.redacted())
    });
    let unchecked = report.undecided.iter().map(|(pointer, pattern)| {
        let reason = format!("not checked: `{pattern}` needs too many steps for the text that is there");
        (any_item(pointer), false, reason)
    });
    let exhausted = report.exhausted.then(|| {
        (String::new(), false, "not checked: its description needs too many steps for it".to_owned())
    });
    violations
        .chain(unchecked)
        .chain(exhausted)
        // What is of another type fits no list of values either; but several fields may be missing.
        .filter(|(pointer, is_missing, reason)| {
            seen.insert((pointer.clone(), is_missing.then(|| reason.clone())))
        })
        .take(MOST)
        .map(|(pointer, _, reason)| departure(&pointer, reason))
        .collect()
}

/// A pointer with a star for every index.
fn any_item(pointer: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = pointer.split('/').map(|part| if is_index(part) { "*" } else { part }).collect();
    parts.join("/")
}
