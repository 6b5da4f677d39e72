//! The JSON Schemas of an operation, queried about places in the values they describe.
//!
//! Types leave out keywords that do not decide which values fit; this module reads such keywords (`deprecated`,
//! `format`) from the schemas.

use std::collections::BTreeSet;

use naftiko_adapter::Operation;
use naftiko_diagnostics::work;
use serde_json::{Map, Value};

/// How deep a schema is followed, and how many parts of it are looked at: descriptions may be hostile.
const MAX_DEPTH: usize = 16;
const MAX_PARTS: usize = 20_000;

/// The ways, by names of fields, to every place whose schema `is` so. A schema inside itself is not followed again.
pub(crate) fn places(operation: &Operation, schema: &Value, is: &dyn Fn(&Value) -> bool) -> Vec<Vec<String>> {
    let mut search = Search { operation, is, left: MAX_PARTS, names: Vec::new(), found: Vec::new() };
    search.visit(schema, &mut Vec::new(), 0);
    search.found
}

struct Search<'a> {
    operation: &'a Operation,
    is: &'a dyn Fn(&Value) -> bool,
    left: usize,
    /// The definitions that are being looked at.
    names: Vec<&'a str>,
    found: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, schema: &'a Value, path: &mut Vec<String>, depth: usize) {
        if depth > MAX_DEPTH || self.left == 0 {
            return;
        }
        self.left -= 1;
        if (self.is)(schema) {
            if !self.found.contains(path) {
                self.found.push(path.clone());
            }
            return;
        }
        if let Some(name) = reference(schema)
            && !self.names.contains(&name)
            && let Some(definition) = self.operation.definitions.get(name)
        {
            self.names.push(name);
            self.visit(definition, path, depth + 1);
            self.names.pop();
        }
        for part in alternatives(schema).chain(schema.get("items")) {
            self.visit(part, path, depth + 1);
        }
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            path.push(name.clone());
            self.visit(property, path, depth + 1);
            path.pop();
        }
    }
}

/// The schemas of the field `name` of what `schema` describes, one for each alternative that has it.
pub(crate) fn field<'a>(operation: &'a Operation, schema: &'a Value, name: &str) -> Vec<&'a Value> {
    meanings(operation, schema)
        .into_iter()
        .filter_map(|meaning| meaning.get("properties")?.get(name))
        .collect()
}

/// The schemas of the items of what `schema` describes.
pub(crate) fn items<'a>(operation: &'a Operation, schema: &'a Value) -> Vec<&'a Value> {
    meanings(operation, schema).into_iter().filter_map(|meaning| meaning.get("items")).collect()
}

/// The definitions of an operation as they are for what is sent.
pub(crate) fn sent_all(operation: &Operation) -> Map<String, Value> {
    let definitions = operation.definitions.iter();
    definitions.map(|(name, schema)| (name.clone(), sent(operation, schema))).collect()
}

/// A schema as it is for what is sent: a property that is only read (`readOnly`) is not required, wherever among the
/// schemas that `allOf` joins it is declared.
pub(crate) fn sent(operation: &Operation, schema: &Value) -> Value {
    sent_within(operation, schema, &BTreeSet::new())
}

/// `read` are the properties that are only read by the schemas around this one, which is a part of their `allOf`.
fn sent_within(operation: &Operation, schema: &Value, read: &BTreeSet<&str>) -> Value {
    let keywords = match schema {
        Value::Array(items) => {
            return items.iter().map(|item| sent_within(operation, item, &BTreeSet::new())).collect();
        }
        Value::Object(keywords) => keywords,
        other => return other.clone(),
    };
    let mut read = read.clone();
    if requires(keywords) {
        read.extend(read_only(operation, schema));
    }
    let is_read = |name: &&Value| name.as_str().is_some_and(|name| read.contains(name));
    let keyword = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("required", Value::Array(names)) => {
                names.iter().filter(|name| !is_read(name)).cloned().collect()
            }
            ("allOf", Value::Array(parts)) => {
                parts.iter().map(|part| sent_within(operation, part, &read)).collect()
            }
            (_, value) => sent_within(operation, value, &BTreeSet::new()),
        };
        (key.clone(), value)
    };
    Value::Object(keywords.iter().map(keyword).collect())
}

/// Whether a schema, or a part of its `allOf`, requires properties.
fn requires(keywords: &Map<String, Value>) -> bool {
    let parts = keywords.get("allOf").and_then(Value::as_array);
    keywords.contains_key("required")
        || parts.into_iter().flatten().filter_map(Value::as_object).any(requires)
}

/// The properties that a schema, or one that `allOf` and `$ref` join to it, marks as only read.
pub(crate) fn read_only<'a>(operation: &'a Operation, schema: &'a Value) -> BTreeSet<&'a str> {
    let properties =
        operation.joined(schema).filter_map(|part| part.get("properties")?.as_object()).flatten();
    let marked = properties.filter(|(_, property)| {
        work::add(1);
        says(operation, property, "readOnly")
    });
    marked.map(|(name, _)| name.as_str()).collect()
}

/// Whether the description calls what `schema` describes deprecated.
pub(crate) fn is_deprecated(operation: &Operation, schema: &Value) -> bool {
    says(operation, schema, "deprecated")
}

/// Whether a schema, or what it refers to, says something by a keyword that is true or false.
fn says(operation: &Operation, schema: &Value, keyword: &str) -> bool {
    let is_true = |schema: &Value| schema.get(keyword).and_then(Value::as_bool).unwrap_or_default();
    is_true(schema) || operation.resolve(schema).is_some_and(is_true)
}

/// A schema with all that it refers to and is put together from.
fn meanings<'a>(operation: &'a Operation, schema: &'a Value) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    let mut pending = vec![(schema, 0)];
    while let Some((schema, depth)) = pending.pop() {
        if depth > MAX_DEPTH
            || found.len() > MAX_PARTS
            || found.iter().any(|known| std::ptr::eq(*known, schema))
        {
            continue;
        }
        found.push(schema);
        let definition = reference(schema).and_then(|name| operation.definitions.get(name));
        pending.extend(definition.into_iter().chain(alternatives(schema)).map(|part| (part, depth + 1)));
    }
    found
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten()
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

#[cfg(test)]
mod tests {
    use naftiko_adapter::Method;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_property_that_is_only_read_is_not_required_however_many_schemas_are_joined() {
        let operation = Operation::new("acme", "create", Method::Post, "/things");
        let mut parts = vec![json!({"properties": {"id": {"readOnly": true}}})];
        parts.extend((0..200).map(|_| json!({"properties": {"name": {"type": "string"}}})));
        let schema = json!({"required": ["id", "name"], "allOf": parts});
        assert_eq!(sent(&operation, &schema)["required"], json!(["name"]));
    }
}
