//! Generates schemas as they occur in descriptions of each version, including sloppy ones.

use serde_json::{Map, Value, json};

use super::chance::Chance;

/// The version of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V2,
    V30,
    V31,
    V32,
}

impl Version {
    pub(super) const ALL: [Self; 4] = [Self::V30, Self::V31, Self::V2, Self::V32];

    fn is_json_schema(self) -> bool {
        self >= Self::V31
    }
}

const FORMATS: [&str; 10] =
    ["date", "date-time", "email", "ipv4", "ipv6", "uri", "uuid", "byte", "color", "binary"];

/// The named schemas of a description.
pub(super) fn components() -> Value {
    json!({
        "Text": {"type": "string"},
        "Cat": {"type": "object", "required": ["kind", "b"], "properties": {"kind": {"type": "string"}, "b": {"type": "string"}}},
        "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "c": {"type": "integer"}}},
        "Tree": {"type": "object", "properties": {"a": {"type": "string"},
            "b": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
        "Pet": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}},
            "discriminator": {"propertyName": "kind"}},
        "Lizard": {"allOf": [{"$ref": "#/components/schemas/Pet"},
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}}}]},
    })
}

/// A scalar; parameters of version 2.0 allow nothing else.
pub(super) fn scalar(chance: &mut Chance<'_>, version: Version) -> Value {
    let mut schema = match chance.below(12) {
        0..=2 => json!({"type": "string"}),
        3 => json!({"type": "string", "format": chance.pick(&FORMATS)}),
        4 => [
            json!({"type": "string", "minLength": 2, "maxLength": 5}),
            json!({"type": "string", "pattern": "^[a-z]+$"}),
            json!({"type": "string", "pattern": "^(?!x)\\S+$", "minLength": 1}),
        ][chance.below(3)]
        .clone(),
        5 => [
            json!({"type": "string", "enum": ["a", "b", "a b"]}),
            json!({"type": "string", "enum": [0, 1, 2]}),
            json!({"type": "integer", "enum": ["1", "2"]}),
            json!({"type": "string", "enum": [true, false]}),
            json!({"type": "string", "enum": ["a", null]}),
            json!({"type": "integer", "enum": [1, 5, 10]}),
            json!({"enum": ["a", 1]}),
        ][chance.below(7)]
        .clone(),
        6 | 7 => [
            json!({"type": "integer"}),
            json!({"type": "integer", "format": "int64"}),
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "integer", "minimum": 0, "maximum": 100}),
            json!({"type": "integer", "minimum": -9.223372036854776e18, "maximum": 9.223372036854776e18}),
            json!({"type": "integer", "multipleOf": 5}),
        ][chance.below(6)]
        .clone(),
        8 | 9 => [
            json!({"type": "number"}),
            json!({"type": "number", "format": "float", "minimum": 0}),
            json!({"type": "number", "multipleOf": 0.01}),
        ][chance.below(3)]
        .clone(),
        10 => json!({"type": "boolean"}),
        _ if version == Version::V2 => json!({"type": "boolean"}),
        _ => json!({}),
    };
    if version.is_json_schema() && chance.once_in(10) {
        schema = match chance.below(4) {
            0 => json!({"type": ["string", "integer"]}),
            1 => json!({"type": "number", "exclusiveMinimum": 0}),
            2 => json!({"type": ["boolean", "null"]}),
            _ => json!({"const": chance.pick(&[json!("a"), json!(5), json!(5.0), json!(true)])}),
        };
    } else if !version.is_json_schema() && chance.once_in(20) {
        schema = json!({"type": "number", "minimum": 0, "exclusiveMinimum": true});
    }
    nullable(chance, version, &mut schema);
    if chance.once_in(12) {
        schema["example"] =
            [json!("abc"), json!(5), json!("2026-01-31"), json!(true)][chance.below(4)].clone();
    }
    if chance.once_in(16) {
        let usual = schema["enum"].get(0).cloned();
        let ty = schema["type"].as_str().unwrap_or_default().to_owned();
        schema["default"] = usual.unwrap_or_else(|| match ty.as_str() {
            "integer" | "number" => json!(5),
            "boolean" => json!(true),
            _ => json!("abc"),
        });
    }
    schema
}

/// Sometimes allows null, in the syntax of the version.
fn nullable(chance: &mut Chance<'_>, version: Version, schema: &mut Value) {
    if !chance.once_in(8) || !schema["type"].is_string() {
        return;
    }
    match version {
        Version::V2 => schema["x-nullable"] = json!(true),
        Version::V30 => schema["nullable"] = json!(true),
        _ => schema["type"] = json!([schema["type"], "null"]),
    }
}

/// Any schema.
pub(super) fn any(chance: &mut Chance<'_>, version: Version, depth: usize) -> Value {
    let kinds = if depth > 2 { 4 } else { 12 };
    match chance.below(kinds) {
        0..=3 => scalar(chance, version),
        4 | 5 => list(chance, version, depth),
        6..=8 => object(chance, version, depth),
        9 => reference(chance),
        _ => combined(chance, version, depth),
    }
}

fn reference(chance: &mut Chance<'_>) -> Value {
    json!({"$ref": format!("#/components/schemas/{}", chance.pick(&["Text", "Cat", "Dog", "Tree", "Pet", "Lizard"]))})
}

/// A list of anything.
pub(super) fn list(chance: &mut Chance<'_>, version: Version, depth: usize) -> Value {
    let items = if chance.once_in(3) { any(chance, version, depth + 1) } else { scalar(chance, version) };
    let mut schema = match chance.below(7) {
        6 if version.is_json_schema() => {
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": items, "uniqueItems": true})
        }
        0 => json!({"type": "array", "items": items, "minItems": 1}),
        1 => json!({"type": "array", "items": items, "uniqueItems": true}),
        2 => json!({"type": "array", "items": items, "maxItems": 2}),
        3 if version.is_json_schema() => {
            json!({"type": "array", "prefixItems": [{"type": "string"}], "items": items})
        }
        4 if version != Version::V2 => json!({"items": items}),
        _ => json!({"type": "array", "items": items}),
    };
    nullable(chance, version, &mut schema);
    schema
}

/// An object with some properties.
pub(super) fn object(chance: &mut Chance<'_>, version: Version, depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in ["a", "b", "c"].into_iter().take(1 + chance.below(3)) {
        let flat = chance.once_in(2);
        let mut schema = if flat { scalar(chance, version) } else { any(chance, version, depth + 1) };
        match chance.below(14) {
            0 if schema.get("$ref").is_none() => schema["readOnly"] = json!(true),
            1 if schema.get("$ref").is_none() && version != Version::V2 => schema["writeOnly"] = json!(true),
            _ => {}
        }
        properties.insert(name.to_owned(), schema);
        if chance.once_in(3) {
            required.push(json!(name));
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    match chance.below(8) {
        0 => schema["additionalProperties"] = json!(false),
        1 => schema["additionalProperties"] = scalar(chance, version),
        2 => schema["additionalProperties"] = json!(true),
        3 if version.is_json_schema() => {
            schema["patternProperties"] = json!({"^x": {"type": "integer"}});
            schema["additionalProperties"] = json!(false);
        }
        4 if version.is_json_schema() => schema["dependentRequired"] = json!({"a": ["b"]}),
        5 => schema["minProperties"] = json!(1),
        6 if version.is_json_schema() => rule(chance, &mut schema),
        _ => {}
    }
    nullable(chance, version, &mut schema);
    schema
}

/// Adds a keyword that only JSON Schema has.
fn rule(chance: &mut Chance<'_>, schema: &mut Value) {
    match chance.below(4) {
        0 => schema["unevaluatedProperties"] = json!(false),
        1 => schema["propertyNames"] = json!({"pattern": "^[a-z.]+$"}),
        2 => {
            schema["if"] = json!({"required": ["a"]});
            schema["then"] = json!({"required": ["b"]});
        }
        _ => schema["dependentSchemas"] = json!({"a": {"required": ["b"]}}),
    }
}

/// A combination of several schemas.
fn combined(chance: &mut Chance<'_>, version: Version, depth: usize) -> Value {
    let closed = |name: &str| json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}}, "additionalProperties": false});
    let pet = ["#/components/schemas/Cat", "#/components/schemas/Dog"].map(|name| json!({"$ref": name}));
    if version == Version::V2 {
        return match chance.below(2) {
            0 => json!({"allOf": [pet[0], {"type": "object", "properties": {"c": scalar(chance, version)}}]}),
            _ => json!({"allOf": [closed("a"), closed("b")]}),
        };
    }
    let constants = [json!("a"), json!(5), json!(5.0), json!(true)];
    match chance.below(13) {
        0 => json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
        1 => json!({"oneOf": [{"type": "string"}, {"type": "string", "format": "email"}]}),
        2 => json!({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "integer", "minimum": 5}]}),
        3 => json!({"allOf": [{"type": "string"}, {"maxLength": 2}]}),
        4 => json!({"not": {"type": chance.pick(&["string", "integer", "boolean", "object"])}}),
        5 => json!({"allOf": [closed("a"), closed("b")]}),
        6 => json!({"allOf": [pet[0], {"type": "object", "properties": {"c": scalar(chance, version)}}]}),
        7 => json!({"oneOf": pet, "discriminator": {"propertyName": "kind"}}),
        8 => json!({"oneOf": pet, "discriminator": {"propertyName": "kind", "mapping": {
            "feline": "#/components/schemas/Cat", "canine": "Dog"}}}),
        9 => json!({"oneOf": [scalar(chance, version), list(chance, version, depth + 1)]}),
        10 => json!({"anyOf": [scalar(chance, version), object(chance, version, depth + 1)]}),
        11 if version == Version::V30 => {
            json!({"allOf": [{"$ref": "#/components/schemas/Cat"}], "nullable": true})
        }
        11 => json!({"anyOf": [{"$ref": "#/components/schemas/Cat"}, {"type": "null"}]}),
        12 if version.is_json_schema() => json!({"const": chance.pick(&constants)}),
        _ => json!({"oneOf": [closed("a"), closed("b")]}),
    }
}
