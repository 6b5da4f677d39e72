//! The types of JSON Schema keywords.
//!
//! Validators reject a whole schema for one malformed keyword, so such a keyword is left out.

use serde_json::{Number, Value};

/// The type names of JSON Schema.
pub(crate) const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];

/// The keywords whose value is a schema.
pub(crate) const ONE: [&str; 11] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// The keywords whose value is a list of schemas.
pub(crate) const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];

/// The keywords whose value maps names to schemas; their keys are names and never keywords.
pub(crate) const NAMED: [&str; 3] = ["dependentSchemas", "patternProperties", "properties"];

/// The keywords that name a schema or change the meaning of its references. All references are rewritten, so these
/// would only misdirect them.
pub(crate) const NAMING: [&str; 8] = [
    "$anchor",
    "$defs",
    "$dynamicAnchor",
    "$id",
    "$recursiveAnchor",
    "$schema",
    "$vocabulary",
    "definitions",
];

/// The keywords that are annotations for people, ignored by validators.
pub(crate) const ANNOTATIONS: [&str; 8] =
    ["title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"];

/// The expected type of a keyword that contains no schema; `None` for other keywords, and for a well-formed value.
pub(crate) fn expected(keyword: &str, value: &Value) -> Option<&'static str> {
    let (fits, shape) = match keyword {
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => (value.is_number(), "a number"),
        "multipleOf" => (value.as_f64().is_some_and(|number| number > 0.0), "a number above 0"),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => (value.as_number().is_some_and(is_count), "a whole number from 0"),
        "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" => (value.is_boolean(), "a boolean"),
        "pattern" | "format" | "title" | "description" | "$comment" | "contentEncoding"
        | "contentMediaType" => (value.is_string(), "a string"),
        "enum" | "examples" => (value.is_array(), "a list"),
        "required" => (is_names(value), "a list of names"),
        "dependentRequired" => {
            (value.as_object().is_some_and(|map| map.values().all(is_names)), "lists of names")
        }
        _ => return None,
    };
    (!fits).then_some(shape)
}

fn is_count(number: &Number) -> bool {
    number.is_u64() || number.as_f64().is_some_and(|number| number >= 0.0 && number.fract() == 0.0)
}

fn is_names(value: &Value) -> bool {
    value.as_array().is_some_and(|names| names.iter().all(Value::is_string))
}

/// Removes duplicates, which validators reject.
pub(crate) fn without_repeats(names: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().filter(|name| name.as_str().is_none_or(|name| seen.insert(name.to_owned()))).collect()
}
