//! The part of a schema that matters for parsing text: types, items and entries.
//!
//! Schemas are followed only as deep as the value needs, since a schema may contain itself.

use std::collections::BTreeSet;

use naftiko_adapter::Operation;
use serde_json::{Map, Value};

/// The most schemas that are followed for one value, since descriptions may be hostile.
const MAX_PARTS: usize = 256;

/// The types that a value may have. If none is known, the value is text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected<'a> {
    /// The operation that the schemas belong to; `None` if there are no schemas.
    operation: Option<&'a Operation>,
    parts: Vec<&'a Map<String, Value>>,
    types: BTreeSet<&'a str>,
}

/// The expected entries of an object.
#[derive(Debug, Clone)]
pub(crate) struct Object<'e, 'a>(&'e Expected<'a>);

impl<'a> Expected<'a> {
    /// The expectation of a schema of an operation.
    pub(crate) fn of(operation: &'a Operation, schema: &'a Value) -> Self {
        Self::of_all(Some(operation), &[schema])
    }

    fn of_all(operation: Option<&'a Operation>, schemas: &[&'a Value]) -> Self {
        let parts = operation.map(|operation| parts(operation, schemas)).unwrap_or_default();
        let mut types = types(&parts);
        let has = |keyword: &str| parts.iter().any(|part| part.contains_key(keyword));
        if types.is_empty() && (has("properties") || has("additionalProperties")) {
            types.insert("object");
        }
        if types.is_empty() && (has("items") || has("prefixItems")) {
            types.insert("array");
        }
        Self { operation, parts, types }
    }

    /// The values of a keyword in all schemas.
    fn all(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.parts.iter().filter_map(move |part| part.get(keyword))
    }

    /// Whether the schemas allow a scalar.
    pub(crate) fn is_scalar(&self) -> bool {
        self.types.is_empty() || self.types.iter().any(|name| !matches!(*name, "array" | "object"))
    }

    /// The expectation for the items; `None` if the value cannot be a list.
    pub(crate) fn items(&self) -> Option<Self> {
        self.types.contains("array").then(|| {
            let tuple = self.all("prefixItems").filter_map(Value::as_array).flatten();
            let items: Vec<&Value> = self.all("items").chain(tuple).collect();
            Self::of_all(self.operation, &items)
        })
    }

    /// The expectation for the entries; `None` if the value cannot be an object.
    pub(crate) fn object(&self) -> Option<Object<'_, 'a>> {
        self.types.contains("object").then_some(Object(self))
    }

    /// Whether a pair with the name of its parameter is an entry of the object. True only if the schemas allow nothing
    /// but an object: exploded, such a parameter is never written under its own name otherwise.
    pub(crate) fn has_own_name(&self, name: &str) -> bool {
        let object = self.object().filter(|_| !self.is_scalar() && self.items().is_none());
        object.is_some_and(|object| object.is_named(name) || object.is_open())
    }

    /// Converts a text to a scalar. If only a list or an object is expected, the text is parsed as JSON. A text that
    /// fits no expected type remains a string.
    pub(crate) fn scalar(&self, text: String) -> Value {
        let is = |name: &str| self.types.contains(name);
        if is("string") {
            return Value::String(text);
        }
        let json = || serde_json::from_str::<Value>(&text).ok();
        let value = match text.as_str() {
            "true" | "false" if is("boolean") => Some(Value::Bool(text == "true")),
            _ if is("integer") || is("number") => json().filter(Value::is_number),
            _ if !self.is_scalar() => json(),
            _ => None,
        };
        value.unwrap_or(Value::String(text))
    }
}

impl<'a> Object<'_, 'a> {
    fn properties(&self) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.0.all("properties").filter_map(Value::as_object)
    }

    /// Whether the schemas declare an entry with this name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.properties().any(|properties| properties.contains_key(name))
    }

    /// Whether the schemas allow undeclared entries.
    pub(crate) fn is_open(&self) -> bool {
        let mut further = self.0.all("additionalProperties").peekable();
        let is_described = self.properties().any(|properties| !properties.is_empty());
        (further.peek().is_some() || !is_described) && further.all(|further| *further != Value::Bool(false))
    }

    /// The expectation for an entry.
    pub(crate) fn entry(&self, name: &str) -> Expected<'a> {
        let mut schemas: Vec<&Value> =
            self.properties().filter_map(|properties| properties.get(name)).collect();
        if schemas.is_empty() {
            schemas.extend(self.0.all("additionalProperties"));
        }
        Expected::of_all(self.0.operation, &schemas)
    }
}

/// All schemas that these schemas consist of: references are followed, and `allOf`, `anyOf` and `oneOf` are expanded.
fn parts<'a>(operation: &'a Operation, schemas: &[&'a Value]) -> Vec<&'a Map<String, Value>> {
    let mut found: Vec<&Map<String, Value>> = Vec::new();
    let mut waiting: Vec<&Value> = schemas.iter().rev().copied().collect();
    while let Some(schema) = waiting.pop() {
        let Some(part) = schema.as_object() else { continue };
        if found.len() >= MAX_PARTS || found.iter().any(|known| std::ptr::eq(*known, part)) {
            continue;
        }
        found.push(part);
        let reference = part.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|reference| reference.strip_prefix("#/$defs/"));
        waiting.extend(name.and_then(|name| operation.definitions.get(name)));
        let branches = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| part.get(key)?.as_array());
        waiting.extend(branches.flatten());
    }
    found
}

/// The types that the schemas name, or that their listed values have, except null.
fn types<'a>(parts: &[&'a Map<String, Value>]) -> BTreeSet<&'a str> {
    let mut types = BTreeSet::new();
    for part in parts {
        match part.get("type") {
            Some(Value::String(name)) => types.extend([name.as_str()]),
            Some(Value::Array(names)) => types.extend(names.iter().filter_map(Value::as_str)),
            _ => {
                let values = part.get("enum").and_then(Value::as_array).into_iter().flatten();
                for value in values.chain(part.get("const")) {
                    types.insert(type_of(value));
                }
            }
        }
    }
    types.remove("null");
    types
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
