//! Judges with the crate `jsonschema` whether a value fits a schema: strictly, and as leniently as documented. Between
//! the two, `check`, the mock and `run` only have to agree.

use serde_json::{Map, Value, json};

use super::schemas::Version;

/// The interpretation of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Strict: a value that fits must be accepted.
    Strict,
    /// As lenient as documented: a value that does not fit must be rejected.
    Lenient,
    /// Like lenient, but a number or boolean equals its text.
    LenientText,
}

/// The direction in which a value is transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Sent,
    Answered,
}

/// Whether a value fits. A schema that cannot be compiled accepts no value in a strict reading, and every value in a
/// lenient one.
pub(super) fn fits(
    schema: &Value,
    components: &Value,
    value: &Value,
    reading: Reading,
    version: Version,
    direction: Direction,
) -> bool {
    let reader = Reader { reading, version, direction };
    let named: Map<String, Value> = components
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), reader.read(schema, false)))
        .collect();
    let root = json!({"allOf": [reader.read(schema, false)], "components": {"schemas": named}});
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&root);
    match validator {
        Ok(validator) => validator.is_valid(value),
        Err(_) => reading != Reading::Strict,
    }
}

struct Reader {
    reading: Reading,
    version: Version,
    direction: Direction,
}

impl Reader {
    fn is_strict(&self) -> bool {
        self.reading == Reading::Strict
    }

    /// Converts the schema to draft 2020-12. `is_joined` is set for the parts of an `allOf`.
    fn read(&self, schema: &Value, is_joined: bool) -> Value {
        let Value::Object(keywords) = schema else { return schema.clone() };
        let mut read = Map::new();
        let is_composed = ["allOf", "anyOf", "oneOf"].iter().any(|key| keywords.contains_key(*key));
        for (key, value) in keywords {
            match key.as_str() {
                "properties" | "patternProperties" => {
                    let parts = value.as_object().into_iter().flatten();
                    let parts = parts.map(|(name, part)| (name.clone(), self.property(part)));
                    read.insert(key.clone(), Value::Object(parts.collect()));
                }
                "additionalProperties"
                    if *value == false && !self.is_strict() && (is_joined || is_composed) => {}
                "items" | "additionalProperties" | "if" | "then" => {
                    read.insert(key.clone(), self.read(value, false));
                }
                "not" => match self.reading {
                    Reading::LenientText => {}
                    // A lenient reading inside a `not` would make the whole stricter.
                    _ => {
                        let inside = Self { reading: Reading::Strict, ..*self };
                        read.insert(key.clone(), inside.read(value, false));
                    }
                },
                "prefixItems" | "allOf" | "anyOf" | "oneOf" => {
                    let parts = value.as_array().into_iter().flatten();
                    let parts: Value = parts.map(|part| self.read(part, key == "allOf")).collect();
                    let is_one =
                        key == "oneOf" && self.is_strict() && !keywords.contains_key("discriminator");
                    let key = if key == "oneOf" && !is_one { "anyOf" } else { key };
                    read.insert(key.to_owned(), parts);
                }
                "required" => {
                    let hidden = match self.direction {
                        Direction::Sent => "readOnly",
                        Direction::Answered => "writeOnly",
                    };
                    let is_hidden = |name: &Value| {
                        name.as_str().is_some_and(|name| schema["properties"][name][hidden] == true)
                    };
                    let names = value.as_array().into_iter().flatten();
                    read.insert(key.clone(), names.filter(|name| !is_hidden(name)).cloned().collect());
                }
                "exclusiveMinimum" if value.is_boolean() => {
                    read.remove("minimum");
                    read.insert(key.clone(), schema["minimum"].clone());
                }
                "minimum" if keywords.get("exclusiveMinimum").is_some_and(Value::is_boolean) => {}
                "unevaluatedProperties" if !self.is_strict() => {}
                "format" if !self.is_strict() => {}
                "discriminator" | "collectionFormat" => {}
                _ => {
                    read.insert(key.clone(), value.clone());
                }
            }
        }
        if self.is_strict()
            && let Some(discriminator) = keywords.get("discriminator")
            && keywords.contains_key("oneOf")
        {
            read.insert("anyOf".to_owned(), named_forms(&schema["oneOf"], discriminator));
        }
        let read = self.typed(read, keywords);
        self.nullable(Value::Object(read), keywords)
    }

    fn property(&self, schema: &Value) -> Value {
        // It is unspecified whether a read-only value may be sent.
        let is_open = schema["readOnly"] == true && self.direction == Direction::Sent;
        if is_open && self.is_strict() { false.into() } else { self.read(schema, false) }
    }

    /// Adapts types and listed values to the reading.
    fn typed(&self, mut read: Map<String, Value>, keywords: &Map<String, Value>) -> Map<String, Value> {
        if read.get("type") == Some(&json!("file")) {
            read.insert("type".to_owned(), "string".into());
        }
        if self.is_strict() {
            return read;
        }
        let listed = keywords.get("enum").and_then(Value::as_array).cloned();
        let listed = listed.or_else(|| Some(vec![keywords.get("const")?.clone()]));
        if let Some(mut listed) = listed {
            if self.reading == Reading::LenientText {
                let texts: Vec<Value> = listed.iter().filter_map(as_text).collect();
                let read: Vec<Value> =
                    listed.iter().filter_map(|value| serde_json::from_str(value.as_str()?).ok()).collect();
                listed.extend(texts.into_iter().chain(read));
            }
            let mut unique: Vec<Value> = Vec::new();
            listed.into_iter().for_each(|value| {
                if !unique.contains(&value) {
                    unique.push(value)
                }
            });
            return Map::from_iter([("enum".to_owned(), unique.into())]);
        }
        let Some(ty) = read.get("type").filter(|_| self.reading == Reading::LenientText) else { return read };
        let mut types: Vec<Value> = ty.as_array().cloned().unwrap_or_else(|| vec![ty.clone()]);
        if types.iter().any(|ty| matches!(ty.as_str(), Some("integer" | "number" | "boolean"))) {
            types.push("string".into());
        }
        if types.contains(&"string".into()) {
            types.extend(["number".into(), "boolean".into()]);
        }
        let mut unique: Vec<Value> = Vec::new();
        types.into_iter().for_each(|ty| {
            if !unique.contains(&ty) {
                unique.push(ty)
            }
        });
        read.insert("type".to_owned(), unique.into());
        read
    }

    fn nullable(&self, read: Value, keywords: &Map<String, Value>) -> Value {
        let says = |key: &str| keywords.get(key) == Some(&json!(true));
        if !says("nullable") && !says("x-nullable") {
            return read;
        }
        if !self.is_strict() {
            return json!({"anyOf": [{"type": "null"}, read]});
        }
        let mut read = read;
        if self.version == Version::V30 && read["type"].is_string() && says("nullable") {
            read["type"] = json!([read["type"], "null"]);
        }
        read
    }
}

/// The text of a number or boolean.
fn as_text(value: &Value) -> Option<Value> {
    (value.is_number() || value.is_boolean()).then(|| value.to_string().into())
}

/// The alternatives of a discriminator, each restricted to its names in the description.
fn named_forms(forms: &Value, discriminator: &Value) -> Value {
    let property = discriminator["propertyName"].as_str().unwrap_or_default();
    let form = |form: &Value| {
        let reference = form["$ref"].as_str().unwrap_or_default();
        let own = reference.rsplit('/').next().unwrap_or_default();
        let names: Vec<Value> = match discriminator["mapping"].as_object() {
            None => vec![own.into()],
            Some(mapping) => {
                let names = mapping.iter().filter(|(_, to)| *to == reference || *to == own);
                names.map(|(name, _)| name.as_str().into()).collect()
            }
        };
        json!({"allOf": [form, {"properties": {property: {"enum": names}}, "required": [property]}]})
    };
    forms.as_array().into_iter().flatten().map(form).collect()
}
