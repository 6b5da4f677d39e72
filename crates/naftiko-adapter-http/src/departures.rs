//! What the schemas of an operation say of what is sent and of what comes back.
//!
//! A request that does not fit is refused; an answer that does not fit is reported, since real services depart from their
//! descriptions. What is said names the place and what is expected there, never what was found.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::misfit::reason;
use naftiko_adapter::{Arguments, Call, Departure, Failure, Operation, Place, Response, ResponseSpec};
use serde_json::{Map, Value, json};

use crate::style::refused;

/// As many departures of one answer as are reported.
const MOST: usize = 5;
/// As many operations as are kept compiled.
const MOST_OPERATIONS: usize = 256;

/// The schemas of operations, compiled once for each.
#[derive(Default)]
pub(crate) struct Schemas {
    kept: Mutex<IndexMap<(String, String), Arc<Compiled>>>,
}

/// The schemas of one operation. One that cannot be compiled says nothing.
struct Compiled {
    operation: Arc<Operation>,
    parameters: IndexMap<(Place, String), Validator>,
    body: Option<Validator>,
    /// By status as the description writes it.
    responses: IndexMap<String, Validator>,
}

/// Which way a value goes.
#[derive(Clone, Copy)]
enum Way {
    Sent,
    Received,
}

impl Schemas {
    /// Whether the arguments of a call fit the operation.
    ///
    /// # Errors
    /// A refusal that names the first that does not.
    pub(crate) fn request(&self, call: &Call) -> Result<(), Failure> {
        self.of(&call.operation).request(&call.arguments)
    }

    /// Where an answer of success departs from its description.
    pub(crate) fn response(&self, operation: &Arc<Operation>, response: &Response) -> Vec<Departure> {
        if !(200..300).contains(&response.status) || operation.responses.is_empty() {
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
        let parameters = operation.parameters.iter().filter_map(|parameter| {
            let validator = compiled(operation, &parameter.schema, Way::Sent)?;
            Some(((parameter.place, parameter.name.clone()), validator))
        });
        let body = operation.body.as_ref();
        let responses = operation.responses.iter().filter_map(|(status, spec)| {
            Some((status.clone(), compiled(operation, spec.schema.as_ref()?, Way::Received)?))
        });
        Self {
            operation: Arc::clone(operation),
            parameters: parameters.collect(),
            body: body.and_then(|body| compiled(operation, &body.schema, Way::Sent)),
            responses: responses.collect(),
        }
    }

    fn request(&self, arguments: &Arguments) -> Result<(), Failure> {
        for ((place, name), value) in &arguments.parameters {
            let Some(validator) = self.parameters.get(&(*place, name.clone())) else { continue };
            let what = || format!("the {} parameter `{name}`", place.as_str());
            as_text_on_the_wire(validator, value, what)?;
        }
        let Some((validator, body)) = self.body.as_ref().zip(arguments.body.as_ref()) else { return Ok(()) };
        let what = || "the body".to_owned();
        let content_type = self.operation.body.as_ref().map(|body| essence(&body.content_type));
        if content_type.is_some_and(|it| is_json(&it) || it == "*/*") {
            return fits(validator, body, what);
        }
        as_text_on_the_wire(validator, body, what)
    }

    fn response(&self, response: &Response) -> Vec<Departure> {
        let operation = &self.operation;
        let found = operation.response(response.status);
        let Some(spec) = found.or_else(|| operation.success().map(|(_, spec)| spec)) else {
            return Vec::new();
        };
        let mut departures = Vec::new();
        if found.is_none() {
            let described: Vec<&str> = operation.successes().into_iter().map(|(status, _)| status).collect();
            departures.push(departure("", format!("expected the status {}", described.join(" or "))));
        }
        departures.extend(wrong_type(spec, response));
        let key = operation.responses.iter().find(|(_, known)| std::ptr::eq(*known, spec));
        if departures.is_empty() || found.is_none() {
            let validator = key.and_then(|(status, _)| self.responses.get(status));
            departures.extend(validator.into_iter().flat_map(|validator| all(validator, &response.body)));
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

/// A schema with the definitions it needs.
fn compiled(operation: &Operation, schema: &Value, way: Way) -> Option<Validator> {
    let mut document = Map::new();
    document.insert("allOf".to_owned(), Value::Array(vec![going(operation, schema, way)]));
    if !operation.definitions.is_empty() {
        let definitions = operation.definitions.iter();
        let definitions: Map<_, _> =
            definitions.map(|(name, schema)| (name.clone(), going(operation, schema, way))).collect();
        document.insert("$defs".to_owned(), definitions.into());
    }
    let document = Value::Object(document);
    // The linear engine, so that no pattern and no answer can stop a run; the other one knows more, and gives up.
    let linear =
        jsonschema::draft202012::options().with_pattern_options(PatternOptions::regex()).build(&document);
    linear.or_else(|_| jsonschema::draft202012::new(&document)).ok()
}

/// A schema as it is for what goes this way: what only goes the other way is not required.
fn going(operation: &Operation, schema: &Value, way: Way) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| going(operation, item, way)).collect(),
        Value::Object(keywords) => {
            let elsewhere = match way {
                Way::Sent => "readOnly",
                Way::Received => "writeOnly",
            };
            let is_elsewhere = |name: &Value| {
                let property = keywords.get("properties").and_then(|all| all.get(name.as_str()?));
                property.is_some_and(|property| {
                    let says = |schema: &Value| schema.get(elsewhere) == Some(&json!(true));
                    says(property) || operation.resolve(property).is_some_and(says)
                })
            };
            let keyword = |(key, value): (&String, &Value)| match value.as_array() {
                Some(names) if key == "required" => {
                    let names = names.iter().filter(|name| !is_elsewhere(name)).cloned();
                    (key.clone(), Value::Array(names.collect()))
                }
                _ => (key.clone(), going(operation, value, way)),
            };
            Value::Object(keywords.iter().map(keyword).collect())
        }
        other => other.clone(),
    }
}

/// Whether a value fits that is nothing but text once it is written.
fn as_text_on_the_wire(
    validator: &Validator,
    value: &Value,
    what: impl Fn() -> String,
) -> Result<(), Failure> {
    let is_read = readings(value).iter().any(|value| validator.is_valid(value));
    if is_read { Ok(()) } else { fits(validator, value, what) }
}

/// Whether a value fits; the refusal says where not, and what is expected there.
fn fits(validator: &Validator, value: &Value, what: impl Fn() -> String) -> Result<(), Failure> {
    let Err(error) = validator.validate(value) else { return Ok(()) };
    let pointer = error.instance_path().to_string();
    let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    Err(refused(format!("{} does not fit its description{at}: {}", what(), reason(&error))))
}

/// What the other side may read a parameter as: on the wire the number 5 and the text `5` are one.
fn readings(value: &Value) -> [Value; 3] {
    [value.clone(), each(value, &as_scalar), each(value, &as_text)]
}

/// The value with each of its single values as `read` has it.
fn each(value: &Value, read: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| each(item, read)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), each(field, read))).collect())
        }
        single => read(single),
    }
}

fn as_scalar(value: &Value) -> Value {
    let scalar = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    scalar.filter(|scalar| scalar.is_number() || scalar.is_boolean()).unwrap_or_else(|| value.clone())
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        other => other.clone(),
    }
}

/// Everything that does not fit, once for all items of a list.
fn all(validator: &Validator, value: &Value) -> Vec<Departure> {
    if value.is_null() && !validator.is_valid(value) {
        return vec![departure("", "expected a body")];
    }
    let mut said = BTreeSet::new();
    let errors = validator.iter_errors(value);
    let errors = errors.map(|error| {
        let is_missing = matches!(error.kind(), ValidationErrorKind::Required { .. });
        (any_item(&error.instance_path().to_string()), is_missing, reason(&error))
    });
    // Whoever describes a hundred thousand items wrongly has described each of them wrongly in the same way.
    errors
        .take(10_000)
        // What is of another type fits no list of values either; but several fields may be missing.
        .filter(|(pointer, is_missing, reason)| {
            said.insert((pointer.clone(), is_missing.then(|| reason.clone())))
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
