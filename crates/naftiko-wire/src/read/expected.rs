//! What a schema says about the text of a value: its types, its items and its entries.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use naftiko_adapter::Operation;
use serde_json::{Map, Value};

/// How deep schemas are followed, and how many are looked at: descriptions may be hostile.
const MAX_DEPTH: usize = 8;
const MAX_PARTS: usize = 256;

/// The types that a value may have. A value of no known type is text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    types: BTreeSet<String>,
    items: Option<Box<Expected>>,
    object: Option<Object>,
}

/// The entries of an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    named: IndexMap<String, Expected>,
    further: Box<Expected>,
    is_open: bool,
}

impl Expected {
    /// What a schema of an operation says.
    pub(crate) fn of(operation: &Operation, schema: &Value) -> Self {
        Self::of_all(operation, &[schema], 0)
    }

    fn of_all(operation: &Operation, schemas: &[&Value], depth: usize) -> Self {
        let parts = parts(operation, schemas);
        let mut types = types(&parts);
        let has = |keyword: &str| parts.iter().any(|part| part.contains_key(keyword));
        if types.is_empty() && (has("properties") || has("additionalProperties")) {
            types.insert("object".to_owned());
        }
        if types.is_empty() && (has("items") || has("prefixItems")) {
            types.insert("array".to_owned());
        }
        let is_deep = depth >= MAX_DEPTH;
        let all = |keyword: &str| -> Vec<&Value> {
            if is_deep { Vec::new() } else { parts.iter().filter_map(|part| part.get(keyword)).collect() }
        };
        let items = types.contains("array").then(|| {
            let tuple = all("prefixItems").into_iter().filter_map(Value::as_array).flatten();
            let items: Vec<&Value> = all("items").into_iter().chain(tuple).collect();
            Box::new(Self::of_all(operation, &items, depth + 1))
        });
        let object = types.contains("object").then(|| {
            let mut named: IndexMap<&String, Vec<&Value>> = IndexMap::new();
            for (name, schema) in all("properties").into_iter().filter_map(Value::as_object).flatten() {
                named.entry(name).or_default().push(schema);
            }
            let further = all("additionalProperties");
            let is_open = further.iter().all(|further| **further != Value::Bool(false))
                && (named.is_empty() || !further.is_empty());
            let named = named
                .into_iter()
                .map(|(name, schemas)| (name.clone(), Self::of_all(operation, &schemas, depth + 1)))
                .collect();
            Object { named, further: Box::new(Self::of_all(operation, &further, depth + 1)), is_open }
        });
        Self { types, items, object }
    }

    /// Whether the value may be a scalar, as far as the schema says.
    pub(crate) fn is_scalar(&self) -> bool {
        self.types.is_empty() || self.types.iter().any(|name| !matches!(name.as_str(), "array" | "object"))
    }

    /// What is expected of the items, if the value may be a list.
    pub(crate) fn items(&self) -> Option<&Self> {
        self.items.as_deref()
    }

    /// What is expected of the entries, if the value may be an object.
    pub(crate) fn object(&self) -> Option<&Object> {
        self.object.as_ref()
    }

    /// A text as the scalar it stands for. Where only a list or an object is expected, the text is JSON.
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

impl Object {
    /// Whether an entry of this name is described.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// Whether entries that are not described are expected.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// What is expected of an entry.
    pub(crate) fn entry(&self, name: &str) -> &Expected {
        self.named.get(name).unwrap_or(&self.further)
    }
}

/// The schemas that these stand for: references followed, and the parts of `allOf`, `anyOf` and `oneOf`.
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

/// The types that any of these schemas names or shows in its values, but for null.
fn types(parts: &[&Map<String, Value>]) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for part in parts {
        match part.get("type") {
            Some(Value::String(name)) => types.extend([name.clone()]),
            Some(Value::Array(names)) => {
                types.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => {
                let values = part.get("enum").and_then(Value::as_array).into_iter().flatten();
                types.extend(values.chain(part.get("const")).map(|value| type_of(value).to_owned()));
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
