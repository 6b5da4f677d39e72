//! Converts `nullable` of version 3.0 (and `x-nullable` of 2.0) to JSON Schema.

use serde_json::{Map, Value, json};

use crate::keyword::ANNOTATIONS;

/// The keywords that may or may not accept null.
const COMPOSED: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "not", "if"];

/// Makes `schema` accept null as well.
pub(crate) fn accept_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    if COMPOSED.iter().any(|keyword| schema.contains_key(*keyword)) {
        return beside_null(schema);
    }
    if let Some(value) = schema.shift_remove("const") {
        schema.entry("enum").or_insert_with(|| json!([value]));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) if !types.iter().any(|name| name == "null") => types.push(json!("null")),
        Some(kind @ Value::String(_)) if *kind != "null" => *kind = json!([kind.take(), "null"]),
        _ => {}
    }
    schema
}

/// `schema` or null; annotations remain outside.
fn beside_null(schema: Map<String, Value>) -> Map<String, Value> {
    let (mut outside, inside): (Map<_, _>, Map<_, _>) =
        schema.into_iter().partition(|(key, _)| ANNOTATIONS.contains(&key.as_str()));
    outside.insert("anyOf".to_owned(), json!([inside, {"type": "null"}]));
    outside
}
