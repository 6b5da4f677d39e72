//! Queries the JSON Schemas of an operation by path in the values that they describe.
//!
//! Types omit keywords that do not decide which values match; this module reads such keywords (`deprecated`,
//! `format`) from the schemas.

use std::collections::BTreeSet;

use naftiko_adapter::Operation;
use naftiko_diagnostics::work;
use naftiko_schema::is_beyond_types;
use serde_json::{Map, Value};

/// The maximum depth and number of subschemas that are visited, since descriptions may be hostile.
const MAX_DEPTH: usize = 16;
const MAX_PARTS: usize = 20_000;
/// The number of values in a schema from which its type may be incomplete, so that the schema itself is validated.
const LARGE: usize = 64;

/// The paths of field names to every part whose schema satisfies `is`. A recursive reference is not followed.
pub(crate) fn places(operation: &Operation, schema: &Value, is: &dyn Fn(&Value) -> bool) -> Vec<Vec<String>> {
    let mut search = Search { operation, is, left: MAX_PARTS, names: Vec::new(), found: Vec::new() };
    search.visit(schema, &mut Vec::new(), 0);
    search.found
}

struct Search<'a> {
    operation: &'a Operation,
    is: &'a dyn Fn(&Value) -> bool,
    left: usize,
    /// The definitions that are being visited, outermost first.
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

/// The schemas of the field `name` of the values that `schema` describes, one for each alternative with that field.
pub(crate) fn field<'a>(operation: &'a Operation, schema: &'a Value, name: &str) -> Vec<&'a Value> {
    meanings(operation, schema)
        .into_iter()
        .filter_map(|meaning| meaning.get("properties")?.get(name))
        .collect()
}

/// The schemas of the items of the lists that `schema` describes.
pub(crate) fn items<'a>(operation: &'a Operation, schema: &'a Value) -> Vec<&'a Value> {
    meanings(operation, schema).into_iter().filter_map(|meaning| meaning.get("items")).collect()
}

/// The definitions of an operation, adapted to requests by [`sent`].
pub(crate) fn sent_all(operation: &Operation) -> Map<String, Value> {
    let definitions = operation.definitions.iter();
    definitions.map(|(name, schema)| (name.clone(), sent(operation, schema))).collect()
}

/// A schema adapted to requests: a property that any schema joined by `allOf` marks `readOnly` is not required.
pub(crate) fn sent(operation: &Operation, schema: &Value) -> Value {
    sent_within(operation, schema, &BTreeSet::new())
}

/// `read` are the read-only properties of the enclosing schemas, of whose `allOf` this schema is a part.
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

/// The properties that a schema, or one joined to it by `allOf` and `$ref`, marks `readOnly`.
pub(crate) fn read_only<'a>(operation: &'a Operation, schema: &'a Value) -> BTreeSet<&'a str> {
    let properties =
        operation.joined(schema).filter_map(|part| part.get("properties")?.as_object()).flatten();
    let marked = properties.filter(|(_, property)| {
        work::add(1);
        says(operation, property, "readOnly")
    });
    marked.map(|(name, _)| name.as_str()).collect()
}

/// Whether `schema` is marked `deprecated`.
pub(crate) fn is_deprecated(operation: &Operation, schema: &Value) -> bool {
    says(operation, schema, "deprecated")
}

/// Whether a schema, or the schema it references, sets a boolean keyword to true.
fn says(operation: &Operation, schema: &Value, keyword: &str) -> bool {
    let is_true = |schema: &Value| schema.get(keyword).and_then(Value::as_bool).unwrap_or_default();
    is_true(schema) || operation.resolve(schema).is_some_and(is_true)
}

/// A schema with all schemas that it references or combines.
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

/// Whether a schema, or one that it references, may say more than its type: by a keyword that types do not cover, or
/// because the schema is too large for a type.
pub(crate) fn has_limits(schema: &Value, definitions: &Map<String, Value>) -> bool {
    let mut pending = vec![schema];
    let mut seen = BTreeSet::new();
    let mut visited = 0;
    while let Some(next) = pending.pop() {
        work::add(1);
        visited += 1;
        if visited > LARGE {
            return true;
        }
        match next {
            Value::Array(items) => pending.extend(items),
            Value::Object(keywords) => {
                if keywords.keys().any(|keyword| is_beyond_types(keyword)) {
                    return true;
                }
                let name = keywords.get("$ref").and_then(Value::as_str);
                let name = name.and_then(|reference| reference.strip_prefix("#/$defs/"));
                if let Some(name) = name.filter(|name| seen.insert(*name)) {
                    pending.extend(definitions.get(name));
                }
                pending.extend(keywords.values());
            }
            _ => {}
        }
    }
    false
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
