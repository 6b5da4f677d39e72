//! Converts schemas of any version to JSON Schema 2020-12.
//!
//! The traversal follows the structure of schemas (a property may be called `$ref`, `type` or `nullable` without being
//! a keyword). The target of a reference becomes a definition and is converted later, so that the traversal always
//! ends.

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_syntax::{Mapping, Node, Value};
use serde_json::{Map, Value as Json, json};

use crate::document::{Document, circular, malformed};
use crate::keyword::{self, ANNOTATIONS};
use crate::{Version, circle, contradiction, nullable};

/// Reads the parts of one operation, and collects the definitions they need and the diagnostics.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) document: &'a Document,
    diagnostics: Vec<Diagnostic>,
    /// The names of definitions, by the pointer of the schema.
    names: BTreeMap<String, String>,
    /// The names in use, each with the number to append to its next duplicate.
    taken: BTreeMap<String, usize>,
    /// Definitions that are named and not converted yet.
    pending: Vec<(String, &'a Node)>,
    /// The definition being converted.
    within: Option<String>,
    /// The references between definitions, by (referring, target), with the text and position of each.
    mentions: BTreeMap<(String, String), (String, Span)>,
}

/// The schema that accepts everything.
pub(crate) fn anything() -> Json {
    Json::Object(Map::new())
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Self {
            document,
            diagnostics: Vec::new(),
            names: BTreeMap::new(),
            taken: BTreeMap::new(),
            pending: Vec::new(),
            within: None,
            mentions: BTreeMap::new(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Resolves `node` if it is a reference; an unresolvable one is reported.
    pub(crate) fn follow(&mut self, node: &'a Node) -> Option<&'a Node> {
        match self.document.follow(node) {
            Ok(target) => Some(target.node),
            Err(diagnostic) => {
                self.report(*diagnostic);
                None
            }
        }
    }

    /// The mapping that `node` is; null counts as missing, and anything else is reported.
    pub(crate) fn mapping(&mut self, node: &'a Node, what: &str) -> Option<&'a Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() && node.value != Value::Null {
            self.report(malformed(
                node.span,
                format!("expected {what} to be a mapping, found {}", node.kind()),
            ));
        }
        mapping
    }

    /// The list that `node` is; null counts as empty, and anything else is reported.
    pub(crate) fn list(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        let items = node.as_sequence();
        if items.is_none() && node.value != Value::Null {
            self.report(malformed(node.span, format!("expected {what} to be a list, found {}", node.kind())));
        }
        items.unwrap_or_default()
    }

    /// The definitions that the schemas need, and the diagnostics, one for each position.
    pub(crate) fn finish(mut self) -> (Map<String, Json>, Vec<Diagnostic>) {
        let mut definitions = Map::new();
        let mut next = 0;
        while let Some((name, node)) = self.pending.get(next).cloned() {
            self.within = Some(name.clone());
            let schema = self.schema(node);
            definitions.insert(name, schema);
            next += 1;
        }
        for edge in circle::open(&mut definitions) {
            if let Some((reference, span)) = self.mentions.get(&edge) {
                self.diagnostics.push(circular(reference, *span));
            }
        }
        let mut seen = BTreeSet::new();
        self.diagnostics.retain(|diagnostic| seen.insert((diagnostic.code.id, diagnostic.primary.span)));
        (definitions, self.diagnostics)
    }

    /// Converts a schema.
    pub(crate) fn schema(&mut self, node: &'a Node) -> Json {
        match &node.value {
            Value::Bool(value) => Json::Bool(*value),
            Value::Null => anything(),
            Value::Mapping(mapping) => Json::Object(self.keywords(mapping, &[])),
            _ => {
                self.report(malformed(node.span, format!("expected a schema, found {}", node.kind())));
                anything()
            }
        }
    }

    /// Converts the keywords of a mapping, except for the keys in `other`.
    pub(crate) fn keywords(&mut self, mapping: &'a Mapping, other: &[&str]) -> Map<String, Json> {
        let older = self.document.version.is_before_json_schema();
        let reference = mapping.get("$ref").and_then(Node::as_str);
        let mut out = Map::new();
        for (key, entry) in mapping.iter().filter(|(key, _)| !other.contains(key)) {
            // In the older dialect only annotations may accompany a `$ref`.
            let counts = !older || reference.is_none() || key == "$ref" || ANNOTATIONS.contains(&key);
            if counts {
                self.keyword(key, &entry.value, mapping, &mut out);
            }
        }
        exclusive_bounds(&mut out);
        contradiction::leave_out(self, mapping, &mut out);
        // Each older version defines one of these keywords, and descriptions confuse them.
        let is_nullable = |keyword: &&str| mapping.get(keyword).and_then(Node::as_bool) == Some(true);
        if older && ["nullable", "x-nullable"].iter().any(is_nullable) {
            return nullable::accept_null(out);
        }
        out
    }

    fn keyword(&mut self, key: &str, node: &'a Node, mapping: &'a Mapping, out: &mut Map<String, Json>) {
        let older = self.document.version.is_before_json_schema();
        let mut set = |key: &str, value: Json| drop(out.insert(key.to_owned(), value));
        match key {
            "$ref" | "$dynamicRef" => {
                if let Some(name) = self.named(node) {
                    set("$ref", json!(format!("#/$defs/{name}")));
                }
            }
            "items" if node.as_sequence().is_some() => {
                if let Some(schemas) = self.schemas(node, key) {
                    set("prefixItems", schemas);
                }
            }
            "additionalItems" => {
                if mapping.get("items").and_then(Node::as_sequence).is_some() {
                    set("items", self.schema(node));
                }
            }
            "dependencies" => self.dependencies(node, out),
            "type" => self.types(node, out),
            "discriminator" => set(key, self.discriminator(node)),
            "nullable" | "x-nullable" if older => {}
            _ if keyword::NAMING.contains(&key) => {}
            _ if keyword::ONE.contains(&key) => set(key, self.schema(node)),
            _ if keyword::LIST.contains(&key) => {
                if let Some(schemas) = self.schemas(node, key) {
                    set(key, schemas);
                }
            }
            _ if keyword::NAMED.contains(&key) => {
                if let Some(mapping) = self.mapping(node, &format!("`{key}`")) {
                    let named =
                        mapping.iter().map(|(name, entry)| (name.to_owned(), self.schema(&entry.value)));
                    set(key, Json::Object(named.collect()));
                }
            }
            _ => self.plain(key, node, out),
        }
    }

    /// Converts a keyword that contains no schema.
    fn plain(&mut self, key: &str, node: &'a Node, out: &mut Map<String, Json>) {
        let value = node.to_json();
        let bound = key.starts_with("exclusiveM") && value.is_boolean();
        if let Some(shape) = keyword::expected(key, &value).filter(|_| !bound) {
            self.report(malformed(
                node.span,
                format!("expected `{key}` to be {shape}, found {}", node.kind()),
            ));
            return;
        }
        let value = match value {
            Json::Array(names) if key == "required" => Json::Array(keyword::without_repeats(names)),
            other => other,
        };
        out.insert(key.to_owned(), value);
    }

    fn schemas(&mut self, node: &'a Node, key: &str) -> Option<Json> {
        let items = self.list(node, &format!("`{key}`"));
        // Validators reject an empty list, and it has no effect.
        (!items.is_empty()).then(|| items.iter().map(|item| self.schema(item)).collect())
    }

    fn types(&mut self, node: &'a Node, out: &mut Map<String, Json>) {
        let mut names: Vec<&str> = Vec::new();
        let written = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        for item in written {
            // Without quotes, YAML reads the type name `null` as the value null.
            let is_null = item.value == Value::Null && node.as_sequence().is_some();
            match item.as_str().or(is_null.then_some("null")) {
                Some("file") if self.document.version == Version::V2_0 => {
                    names.push("string");
                    out.insert("format".to_owned(), json!("binary"));
                }
                Some(name) if keyword::TYPES.contains(&name) => names.push(name),
                found => {
                    let found = found.map_or_else(|| item.kind().to_owned(), |name| format!("`{name}`"));
                    self.report(malformed(
                        item.span,
                        format!("expected a type of JSON Schema, found {found}"),
                    ));
                    // A value of an unknown type may be anything.
                    return;
                }
            }
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let value = match names.as_slice() {
            [] => return,
            [name] if node.as_sequence().is_none() => json!(name),
            names => json!(names),
        };
        out.insert("type".to_owned(), value);
    }

    /// Converts `dependencies` of older drafts, which combine lists of names and schemas.
    fn dependencies(&mut self, node: &'a Node, out: &mut Map<String, Json>) {
        let Some(mapping) = self.mapping(node, "`dependencies`") else { return };
        for (name, entry) in mapping.iter() {
            let (key, value) = match entry.value.as_sequence() {
                Some(_) => ("dependentRequired", entry.value.to_json()),
                None => ("dependentSchemas", self.schema(&entry.value)),
            };
            if key == "dependentSchemas" || keyword::expected("required", &value).is_none() {
                let group = out.entry(key).or_insert_with(anything);
                if let Some(group) = group.as_object_mut() {
                    group.insert(name.to_owned(), value);
                }
            }
        }
    }

    /// Converts the discriminator. Its mapping names definitions, like a `$ref`; an unresolvable name is left out.
    fn discriminator(&mut self, node: &'a Node) -> Json {
        let Some(discriminator) = node.as_mapping() else {
            return json!({ "propertyName": node.to_json() });
        };
        let mut out = Map::new();
        for (key, entry) in discriminator.iter() {
            let value = match (key, entry.value.as_mapping()) {
                ("mapping", Some(mapping)) => {
                    let alternatives = mapping.iter().filter_map(|(value, entry)| {
                        let name = self.alternative(&entry.value)?;
                        Some((value.to_owned(), json!(format!("#/$defs/{name}"))))
                    });
                    Json::Object(alternatives.collect())
                }
                _ => entry.value.to_json(),
            };
            out.insert(key.to_owned(), value);
        }
        Json::Object(out)
    }

    fn alternative(&mut self, node: &'a Node) -> Option<String> {
        let text = node.as_str()?;
        let component = format!("#/components/schemas/{text}");
        let target = [component.as_str(), text]
            .into_iter()
            .find_map(|way| self.document.target(way, node.span).ok())?;
        Some(self.name(target.pointer, target.node))
    }

    /// The name of the definition that a `$ref` leads to; `None` and a diagnostic if it is unresolvable.
    fn named(&mut self, node: &'a Node) -> Option<String> {
        let Some(reference) = node.as_str() else {
            self.report(malformed(
                node.span,
                format!("expected `$ref` to be a string, found {}", node.kind()),
            ));
            return None;
        };
        match self.document.target(reference, node.span) {
            Ok(target) => {
                let name = self.name(target.pointer, target.node);
                if let Some(within) = &self.within {
                    let mention = (within.clone(), name.clone());
                    self.mentions.entry(mention).or_insert_with(|| (reference.to_owned(), node.span));
                }
                Some(name)
            }
            Err(diagnostic) => {
                self.report(*diagnostic);
                None
            }
        }
    }

    /// The name of the definition at `pointer`: its last token, restricted to characters that references allow, with a
    /// number if the name is in use.
    fn name(&mut self, pointer: String, node: &'a Node) -> String {
        if let Some(name) = self.names.get(&pointer) {
            return name.clone();
        }
        let last = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let mut base: String = last.chars().map(|c| if fits(c) { c } else { '_' }).collect();
        if base.is_empty() {
            base.push_str("schema");
        }
        let mut number = self.taken.get(&base).copied().unwrap_or(1);
        let mut name = base.clone();
        while self.taken.contains_key(&name) {
            number += 1;
            name = format!("{base}_{number}");
        }
        self.taken.insert(base, number);
        self.taken.entry(name.clone()).or_insert(1);
        self.names.insert(pointer, name.clone());
        self.pending.push((name.clone(), node));
        name
    }
}

/// Converts `exclusiveMinimum: true`, which makes another keyword exclusive, to the bound itself.
fn exclusive_bounds(schema: &mut Map<String, Json>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(&Json::Bool(applies)) = schema.get(exclusive) else { continue };
        schema.shift_remove(exclusive);
        if applies && let Some(value) = schema.shift_remove(bound) {
            schema.insert(exclusive.to_owned(), value);
        }
    }
}
