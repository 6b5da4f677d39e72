//! The published JSON Schemas, generated from the types in these modules.
//!
//! The types only describe the shape of documents, and are never instantiated. Editors show their doc comments.
//! `cargo xtask codegen` writes the schemas to `schemas/`, and CI rejects a difference.
#![expect(dead_code, reason = "the types are read by `schemars`, not by code")]

#[expect(clippy::struct_field_names, reason = "the key is the language's")]
mod capabilities_0_1;
#[expect(clippy::struct_field_names, reason = "the key is the language's")]
mod capabilities_0_2;
mod composition_0_1;
mod composition_0_2;
mod policies_0_2;
#[expect(clippy::struct_field_names, reason = "the key is the language's")]
mod test_0_2;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::{Edition, Header, Kind};

/// The schemas to publish: file name and content, draft 2020-12.
pub fn schemas() -> Vec<(String, Value)> {
    let all =
        [(Kind::Composition, "composition"), (Kind::Capabilities, "capabilities"), (Kind::Test, "test")];
    all.into_iter()
        .flat_map(|(kind, name)| kind.editions().iter().map(move |edition| (kind, name, *edition)))
        .map(|(kind, name, edition)| {
            let file = format!("naftiko-{name}-{}.schema.json", edition.as_str());
            let schema = published(&file, &of(Header { kind, edition }).document);
            (file, schema)
        })
        .collect()
}

/// The published form of a schema, which starts with `$schema` and `$id`.
fn published(file: &str, schema: &Value) -> Value {
    let id = format!("https://raw.githubusercontent.com/naftiko/naftiko/main/schemas/{file}");
    let mut published = Map::new();
    published.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    published.insert("$id".to_owned(), id.into());
    published.extend(schema.as_object().cloned().unwrap_or_default());
    Value::Object(published)
}

/// A schema, its compiled validator, and its keys.
pub(crate) struct Schema {
    pub(crate) document: Value,
    /// `None` if the schema does not compile, which a test rules out.
    pub(crate) validator: Option<jsonschema::Validator>,
}

impl Schema {
    fn new<T: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12();
        let document = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
        let validator = jsonschema::draft202012::new(&document).ok();
        Self { document, validator }
    }

    /// The keys of all object types.
    pub(crate) fn all_keys(&self) -> BTreeSet<&str> {
        let definitions = self.document.get("$defs").and_then(Value::as_object);
        let names = definitions.into_iter().flatten().map(|(name, _)| Some(name.as_str()));
        std::iter::once(None).chain(names).flat_map(|name| self.keys(name)).collect()
    }

    /// The keys of an object type: of the document itself, or of one of its `$defs`.
    pub(crate) fn keys(&self, definition: Option<&str>) -> BTreeSet<&str> {
        let object = match definition {
            None => Some(&self.document),
            Some(name) => self.document.get("$defs").and_then(|defs| defs.get(name)),
        };
        let properties = object.and_then(|object| object.get("properties")).and_then(Value::as_object);
        properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }
}

/// The schema of a kind and edition.
pub(crate) fn of(header: Header) -> &'static Schema {
    static COMPOSITION_0_1: LazyLock<Schema> = LazyLock::new(Schema::new::<composition_0_1::Composition>);
    static COMPOSITION_0_2: LazyLock<Schema> = LazyLock::new(Schema::new::<composition_0_2::Composition>);
    static CAPABILITIES_0_1: LazyLock<Schema> = LazyLock::new(Schema::new::<capabilities_0_1::Capabilities>);
    static CAPABILITIES_0_2: LazyLock<Schema> = LazyLock::new(Schema::new::<capabilities_0_2::Capabilities>);
    static TEST_0_2: LazyLock<Schema> = LazyLock::new(Schema::new::<test_0_2::Tests>);
    match (header.kind, header.edition) {
        (Kind::Composition, Edition::V0_1) => &COMPOSITION_0_1,
        (Kind::Composition, Edition::V0_2) => &COMPOSITION_0_2,
        (Kind::Capabilities, Edition::V0_1) => &CAPABILITIES_0_1,
        (Kind::Capabilities, Edition::V0_2) => &CAPABILITIES_0_2,
        // There is no other edition.
        (Kind::Test, _) => &TEST_0_2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles_and_is_a_valid_schema() {
        for (name, schema) in schemas() {
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
            jsonschema::draft202012::new(&schema).unwrap();
        }
    }
}
