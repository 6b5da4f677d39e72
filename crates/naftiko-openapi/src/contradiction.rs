//! Schemas that no value can match: an empty `enum`, a minimum above the maximum, types that exclude each other.
//!
//! Such a schema is a mistake in the description. The contradictory keyword is reported and left out, so that the
//! operation can be called.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_syntax::{Mapping, Node};
use serde_json::{Map, Number, Value as Json};

use crate::schema::{Reader, anything};

/// A schema of a description that no value can match.
pub(crate) static IMPOSSIBLE_SCHEMA: Code = Code {
    id: "impossible-schema",
    severity: Severity::Warning,
    summary: "no value can fit a schema of the OpenAPI description, so a part of it is left out",
};

/// Pairs of keywords whose first must not exceed the second.
const BOUNDS: [(&str, &str); 7] = [
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
];

/// Reports and removes the keywords that contradict the rest of a schema.
pub(crate) fn leave_out<'a>(reader: &mut Reader<'a>, mapping: &'a Mapping, schema: &mut Map<String, Json>) {
    let mut report = |keyword: &str, message: String| {
        if let Some(node) = mapping.get(keyword) {
            reader.report(impossible(node.span, message));
        }
    };
    if schema.get("enum").and_then(Json::as_array).is_some_and(Vec::is_empty) {
        report("enum", "`enum` is empty, so no value fits".to_owned());
        schema.shift_remove("enum");
    }
    for (lower, upper) in BOUNDS {
        let bound = |keyword: &str| schema.get(keyword).and_then(Json::as_number).cloned();
        let Some((low, high)) = bound(lower).zip(bound(upper)) else { continue };
        if is_above(&low, &high) {
            report(upper, format!("no value fits: `{lower}` is {low}, and `{upper}` is {high}"));
            schema.shift_remove(lower);
            schema.shift_remove(upper);
        }
    }
    if let Some(name) = excluded(schema) {
        report("additionalProperties", format!("no value fits: `{name}` is required, and excluded here"));
        schema.shift_remove("additionalProperties");
    }
    if schema.get("allOf").is_some() {
        exclusive_types(reader, mapping, schema);
    }
}

/// A required property that a closed schema does not declare.
fn excluded(schema: &Map<String, Json>) -> Option<String> {
    const DECLARING: [&str; 8] =
        ["$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas", "not"];
    if schema.get("additionalProperties") != Some(&Json::Bool(false))
        || DECLARING.iter().any(|keyword| schema.contains_key(*keyword))
    {
        return None;
    }
    let declared = schema.get("properties").and_then(Json::as_object);
    let required = schema.get("required")?.as_array()?.iter().filter_map(Json::as_str);
    let is_declared = |name: &str| declared.is_some_and(|declared| declared.contains_key(name));
    required.into_iter().find(|name| !is_declared(name)).map(str::to_owned)
}

/// Removes inline parts of `allOf` whose types exclude those before them.
fn exclusive_types<'a>(reader: &mut Reader<'a>, mapping: &'a Mapping, schema: &mut Map<String, Json>) {
    let parts = mapping.get("allOf").and_then(Node::as_sequence).unwrap_or_default();
    let mut types = own_types(mapping);
    for (at, part) in parts.iter().enumerate() {
        let Some(more) = part.as_mapping().and_then(own_types) else { continue };
        let both = match &types {
            Some(types) => intersection(types, &more),
            None => more.clone(),
        };
        if !both.is_empty() || more.is_empty() {
            types = Some(both);
            continue;
        }
        let listed = |types: &BTreeSet<&str>| {
            types.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
        };
        let before = types.as_ref().map(listed).unwrap_or_default();
        let message = format!(
            "no value fits: this schema takes {}, and another one in `allOf` takes {before}",
            listed(&more)
        );
        reader.report(impossible(part.span, message));
        let written = schema.get_mut("allOf").and_then(Json::as_array_mut);
        if let Some(part) = written.and_then(|parts| parts.get_mut(at)) {
            *part = anything();
        }
    }
}

/// The types that a schema itself accepts; `None` for all, or if another keyword may allow null.
fn own_types(mapping: &Mapping) -> Option<BTreeSet<&str>> {
    if ["nullable", "x-nullable", "enum", "const"].iter().any(|keyword| mapping.get(keyword).is_some()) {
        return None;
    }
    let node = mapping.get("type")?;
    let names = node.as_sequence().unwrap_or(std::slice::from_ref(node));
    names.iter().map(|name| name.as_str().filter(|name| crate::keyword::TYPES.contains(name))).collect()
}

/// The types in both sets; an integer is a number.
fn intersection<'a>(a: &BTreeSet<&'a str>, b: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let takes = |types: &BTreeSet<&'a str>, name: &str| {
        types.contains(name) || (name == "integer" && types.contains("number"))
    };
    a.iter().filter(|name| takes(b, name)).chain(b.iter().filter(|name| takes(a, name))).copied().collect()
}

fn is_above(low: &Number, high: &Number) -> bool {
    match (low.as_i64(), high.as_i64()) {
        (Some(low), Some(high)) => low > high,
        _ => low.as_f64().zip(high.as_f64()).is_some_and(|(low, high)| low > high),
    }
}

fn impossible(span: Span, message: String) -> Diagnostic {
    let diagnostic = Diagnostic::new(&IMPOSSIBLE_SCHEMA, span, message);
    diagnostic.with_help("this is left out, so that the operation can be called")
}
