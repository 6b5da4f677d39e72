//! Tests through the public API: a description in, an operation and its diagnostics out.

mod answers;
mod bodies;
mod bundle;
mod catalogue;
mod hostile;
mod nearest;
mod official;
mod references;
mod schemas;
mod swagger;
mod three;

use naftiko_adapter::Operation;
use naftiko_diagnostics::{Diagnostic, SourceMap};
use naftiko_syntax::{Limits, Node, Value, parse};
use serde_json::{Value as Json, json};

use crate::{Catalogue, keyword};

/// A loaded description.
pub(crate) struct Loaded {
    pub(crate) catalogue: Catalogue,
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    pub(crate) fn new(text: &str) -> Self {
        let mut sources = SourceMap::new();
        let file = sources.add("openapi.yaml", text);
        let parsed = parse(text, file, &Limits::default());
        assert_eq!(parsed.diagnostics, []);
        let empty = Node { span: naftiko_diagnostics::Span::new(file, 0..0), value: Value::Null };
        let (catalogue, diagnostics) = Catalogue::load(parsed.root.unwrap_or(empty));
        Self { catalogue, sources, diagnostics }
    }

    /// The first operation, and its diagnostics.
    pub(crate) fn first(&self) -> (Operation, Vec<String>) {
        let entry = self.catalogue.operations().next().unwrap();
        let (operation, diagnostics) = self.catalogue.operation(entry, "test");
        assert_sound(&operation);
        (operation, self.said(&diagnostics))
    }

    /// The diagnostics of loading.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.said(&self.diagnostics)
    }

    fn said(&self, diagnostics: &[Diagnostic]) -> Vec<String> {
        let said = diagnostics.iter().map(|d| {
            let text = self.sources.text(d.primary.span);
            format!(
                "{} {}: {} (at `{}`)",
                d.severity().as_str(),
                d.code.id,
                d.message,
                text.lines().next().unwrap_or("")
            )
        });
        said.collect()
    }
}

/// The first operation of a description as JSON without defaults, and its diagnostics, if any.
pub(crate) fn first(text: &str) -> Json {
    let loaded = Loaded::new(text);
    assert_eq!(loaded.complaints(), [""; 0]);
    let (operation, said) = loaded.first();
    let mut out = serde_json::to_value(&operation).unwrap();
    let map = out.as_object_mut().unwrap();
    for (key, usual) in [
        ("provider", json!("test")),
        ("idempotency_key", json!(null)),
        ("deprecated", json!(false)),
        ("body", json!(null)),
        ("parameters", json!([])),
        ("responses", json!({})),
        ("definitions", json!({})),
    ] {
        if map.get(key) == Some(&usual) {
            map.shift_remove(key);
        }
    }
    for parameter in map.get_mut("parameters").and_then(Json::as_array_mut).into_iter().flatten() {
        let parameter = parameter.as_object_mut().unwrap();
        parameter.retain(|key, value| {
            !matches!(key.as_str(), "deprecated" | "description" | "allow_reserved")
                || !matches!(value, Json::Null | Json::Bool(false))
        });
    }
    if !said.is_empty() {
        map.insert("said".to_owned(), json!(said));
    }
    out
}

/// The first operation of a description for people: one line for each part.
pub(crate) fn shown(text: &str) -> String {
    listed(&first(text))
}

/// A value for people: one line for each entry, and for each entry of an entry.
pub(crate) fn listed(value: &Json) -> String {
    let mut lines = Vec::new();
    for (key, value) in value.as_object().unwrap() {
        match value {
            Json::Object(entries) if key != "body" => {
                lines.push(format!("{key}:"));
                lines.extend(entries.iter().map(|(name, entry)| format!("  {name}: {entry}")));
            }
            Json::Array(items) => {
                lines.push(format!("{key}:"));
                lines.extend(items.iter().map(|item| match item {
                    Json::String(text) => format!("  {text}"),
                    other => format!("  {other}"),
                }));
            }
            other => lines.push(format!("{key}: {other}")),
        }
    }
    lines.join("\n")
}

/// The schema of the body of an operation, converted from this one.
pub(crate) fn schema(version: &str, schema: &str) -> Json {
    let indented = schema.trim_end().replace('\n', "\n              ");
    let text = format!(
        "openapi: {version}
paths:
  /things:
    post:
      requestBody:
        content:
          application/json:
            schema:
              {}
components:
  schemas:
    Thing: {{type: object, properties: {{name: {{type: string}}}}}}
",
        indented.trim_start()
    );
    let loaded = Loaded::new(&text);
    let (operation, said) = loaded.first();
    let schema = operation.body.unwrap().schema;
    if said.is_empty() { schema } else { json!({"schema": schema, "said": said}) }
}

/// Invariants of every operation: each schema is valid JSON Schema, and each reference leads to a definition.
pub(crate) fn assert_sound(operation: &Operation) {
    let mut schemas: Vec<&Json> = operation.definitions.values().collect();
    schemas.extend(operation.parameters.iter().map(|parameter| &parameter.schema));
    schemas.extend(operation.body.iter().map(|body| &body.schema));
    schemas.extend(operation.responses.values().filter_map(|response| response.schema.as_ref()));
    for schema in schemas {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{}: {schema:#}", operation.id);
        assert_closed(schema, operation);
    }
}

/// Checks that each `$ref` keyword leads to a definition.
fn assert_closed(schema: &Json, operation: &Operation) {
    let Some(map) = schema.as_object() else { return };
    if let Some(reference) = map.get("$ref") {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
        let known = name.is_some_and(|name| operation.definitions.contains_key(name));
        assert!(known, "{}: {reference}", operation.id);
    }
    for (key, value) in map {
        let key = key.as_str();
        let parts: Vec<&Json> = match value {
            Json::Array(items) if keyword::LIST.contains(&key) => items.iter().collect(),
            Json::Object(named) if keyword::NAMED.contains(&key) => named.values().collect(),
            one if keyword::ONE.contains(&key) => vec![one],
            _ => continue,
        };
        for part in parts {
            assert_closed(part, operation);
        }
    }
}
