//! Looks up the schema of one part in the schema of a body.

use naftiko_adapter::Operation;
use serde_json::Value;

/// The schema of a property, from the schema of the body or the schemas that its `allOf` joins.
pub(crate) fn property<'a>(operation: &'a Operation, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = |schema: &'a Value| schema.get("properties")?.get(name);
    find(operation, schema, &own)
}

/// The schema of the list item at a position.
pub(crate) fn item<'a>(operation: &'a Operation, schema: &'a Value, at: usize) -> Option<&'a Value> {
    let own = |schema: &'a Value| {
        let prefix = schema.get("prefixItems").and_then(|prefix| prefix.get(at));
        prefix.or_else(|| schema.get("items"))
    };
    find(operation, schema, &own)
}

/// The first result of `own` over the joined schemas, with its reference resolved.
fn find<'a>(
    operation: &'a Operation,
    schema: &'a Value,
    own: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    operation.joined(schema).find_map(own).and_then(|own| operation.resolve(own))
}

/// Whether a value is bytes: `format: binary`.
pub(crate) fn is_binary(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("format")?.as_str()) == Some("binary")
}

/// Whether a value is text that encodes bytes, which is sent unchanged.
pub(crate) fn is_encoded(schema: Option<&Value>) -> bool {
    let is_byte = schema.and_then(|schema| schema.get("format")?.as_str()) == Some("byte");
    is_byte || schema.is_some_and(|schema| schema.get("contentEncoding").is_some())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use naftiko_adapter::Method;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_all_of_joins_many_times_is_searched_once() {
        let mut operation = Operation::new("p", "post", Method::Post, "/");
        for level in 1..=40 {
            let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
            operation.definitions.insert(format!("L{level}"), json!({"allOf": [below, below, below]}));
        }
        operation.definitions.insert("L0".to_owned(), json!({"properties": {"v": {"type": "string"}}}));
        let top = json!({"$ref": "#/$defs/L40"});
        let searched = Cell::new(0);
        let nothing = |_: &Value| {
            searched.set(searched.get() + 1);
            None
        };
        assert_eq!(find(&operation, &top, &nothing), None);
        assert_eq!(searched.get(), 41);
        assert_eq!(property(&operation, &top, "v"), Some(&json!({"type": "string"})));
    }
}
