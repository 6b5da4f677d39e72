//! What the schema of a body says about one of its parts.

use naftiko_adapter::Operation;
use serde_json::Value;

/// How deep `allOf` is followed.
const MAX_DEPTH: usize = 8;

/// The schema of a property, as the body has it or one of the schemas that `allOf` joins.
pub(crate) fn property<'a>(operation: &'a Operation, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = |schema: &'a Value| schema.get("properties")?.get(name);
    find(operation, schema, &own, 0)
}

/// The schema of an item of a list, by its position.
pub(super) fn item<'a>(operation: &'a Operation, schema: &'a Value, at: usize) -> Option<&'a Value> {
    let own = |schema: &'a Value| {
        let prefix = schema.get("prefixItems").and_then(|prefix| prefix.get(at));
        prefix.or_else(|| schema.get("items"))
    };
    find(operation, schema, &own, 0)
}

fn find<'a>(
    operation: &'a Operation,
    schema: &'a Value,
    own: &dyn Fn(&'a Value) -> Option<&'a Value>,
    depth: usize,
) -> Option<&'a Value> {
    let schema = operation.resolve(schema)?;
    if let Some(own) = own(schema) {
        return operation.resolve(own);
    }
    let parts = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < MAX_DEPTH)?;
    parts.iter().find_map(|part| find(operation, part, own, depth + 1))
}

/// Whether a value stands for bytes.
pub(super) fn is_binary(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("format")?.as_str()) == Some("binary")
}

/// Whether a value is text that encodes bytes, which is sent as it is given.
pub(super) fn is_encoded(schema: Option<&Value>) -> bool {
    let is_byte = schema.and_then(|schema| schema.get("format")?.as_str()) == Some("byte");
    is_byte || schema.is_some_and(|schema| schema.get("contentEncoding").is_some())
}
