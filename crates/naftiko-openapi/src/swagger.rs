//! Version 2.0, where it differs: parameters without a schema, bodies as parameters, and separate media types.

use indexmap::IndexMap;
use naftiko_adapter::{Encoding, Place, RequestBody, ResponseSpec, Style};
use naftiko_diagnostics::Diagnostic;
use naftiko_syntax::Node;
use serde_json::{Map, Value as Json, json};

use crate::document::{UNSUPPORTED_DESCRIPTION, malformed};
use crate::media::{JSON, concrete, is_multipart, is_urlencoded, is_value, rank, somewhere_else};
use crate::schema::{Reader, anything};

/// The keys of a parameter that are not keywords of its schema.
const ABOUT: [&str; 7] =
    ["name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "schema"];

impl<'a> Reader<'a> {
    /// The style and the schema of a parameter's value.
    pub(crate) fn swagger_value(&mut self, node: &'a Node, place: Place) -> (Style, bool, Json) {
        let usual = place.default_style();
        let format = node.get("collectionFormat");
        let (style, explode) = match format.and_then(Node::as_str).unwrap_or("csv") {
            "csv" => (usual, false),
            "multi" if usual == Style::Form => (Style::Form, true),
            "ssv" if has_separators(place) => (Style::SpaceDelimited, false),
            "pipes" if has_separators(place) => (Style::PipeDelimited, false),
            "tsv" if has_separators(place) => (Style::TabDelimited, false),
            other => {
                let message = format!("`{other}` is not supported in {}; `csv` is used", place.as_str());
                let span = format.unwrap_or(node).span;
                self.report(Diagnostic::new(&UNSUPPORTED_DESCRIPTION, span, message));
                (usual, false)
            }
        };
        (style, explode, self.inline_schema(node))
    }

    /// The inline schema of a parameter. A `schema` as in 3.x is accepted too.
    fn inline_schema(&mut self, node: &'a Node) -> Json {
        match (node.get("schema"), node.as_mapping()) {
            (Some(schema), _) => self.schema(schema),
            (None, Some(mapping)) => Json::Object(self.keywords(mapping, &ABOUT)),
            (None, None) => anything(),
        }
    }

    /// The body that the parameters `in: body` and `in: formData` form.
    pub(crate) fn swagger_body(
        &mut self,
        operation: &'a Node,
        parameters: &[&'a Node],
    ) -> Option<RequestBody> {
        let place = |node: &Node| node.get("in").and_then(Node::as_str).map(str::to_owned);
        let consumes = self.media_types(operation, "consumes");
        // The last one counts: the operation's parameters come after those of its path.
        if let Some(body) = parameters.iter().rev().find(|node| place(node).as_deref() == Some("body")) {
            let content_type = consumes.iter().min_by_key(|name| rank(name)).map_or(JSON, |name| *name);
            let schema = self.body_schema(content_type, body.get("schema"));
            let required = body.get("required").and_then(Node::as_bool).unwrap_or_default();
            return Some(RequestBody::new(concrete(content_type), required, schema));
        }
        let fields: Vec<&Node> =
            parameters.iter().copied().filter(|node| place(node).as_deref() == Some("formData")).collect();
        (!fields.is_empty()).then(|| self.form(&fields, &consumes))
    }

    fn form(&mut self, fields: &[&'a Node], consumes: &[&'a str]) -> RequestBody {
        let mut properties = Map::new();
        let mut required: Vec<Json> = Vec::new();
        for field in fields {
            let Some(name) = self.parameter_name(field) else { continue };
            let mut schema = self.inline_schema(field);
            if let (Some(keywords), Some(text)) =
                (schema.as_object_mut(), field.get("description").and_then(Node::as_str))
            {
                keywords.entry("description").or_insert_with(|| json!(text));
            }
            if properties.insert(name.to_owned(), schema).is_some() {
                required.retain(|other| other != name);
            }
            if field.get("required").and_then(Node::as_bool) == Some(true) {
                required.push(json!(name));
            }
        }
        let file = fields.iter().any(|field| is_file(Some(field)));
        let urlencoded = consumes.iter().find(|name| is_urlencoded(name)).filter(|_| !file);
        let form = urlencoded.or_else(|| consumes.iter().find(|name| is_multipart(name)));
        let usual = if file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        let content_type = form.map_or(usual, |name| *name).to_owned();
        let needed = !required.is_empty();
        let mut schema = json!({"type": "object", "properties": properties});
        if let (true, Some(keywords)) = (needed, schema.as_object_mut()) {
            keywords.insert("required".to_owned(), Json::Array(required));
        }
        RequestBody { encoding: lists(fields), ..RequestBody::new(content_type, needed, schema) }
    }

    /// A response of 2.0.
    pub(crate) fn swagger_response(&mut self, node: &'a Node, operation: &'a Node) -> ResponseSpec {
        let Some(response) = self.follow(node) else { return somewhere_else() };
        self.mapping(response, "a response");
        let schema = response.get("schema");
        let examples = response.get("examples").and_then(|examples| self.mapping(examples, "`examples`"));
        let produces = self.media_types(operation, "produces");
        let by_example = examples.iter().flat_map(|examples| examples.iter().map(|(name, _)| name));
        let best = if schema.is_some() {
            let usual = if is_file(response.get("schema")) { "application/octet-stream" } else { JSON };
            produces.iter().copied().min_by_key(|name| rank(name)).or(Some(usual))
        } else {
            by_example.min_by_key(|name| rank(name))
        };
        let example = best.and_then(|best| examples?.get(best));
        let examples = example.map(Node::to_json).into_iter().collect();
        match best {
            Some(best) if !is_value(best) => self.text_response(best, schema, examples),
            _ => ResponseSpec {
                content_type: best.map(concrete),
                schema: schema.map(|schema| self.schema(schema)),
                examples,
            },
        }
    }

    /// The media types of `consumes` or `produces`: those of the operation, or of the API.
    fn media_types(&mut self, operation: &'a Node, key: &str) -> Vec<&'a str> {
        let document = self.document;
        let Some(node) = operation.get(key).or_else(|| document.root.get(key)) else { return Vec::new() };
        let names = self.list(node, &format!("`{key}`"));
        for name in names.iter().filter(|name| name.as_str().is_none()) {
            self.report(malformed(name.span, format!("expected a media type, found {}", name.kind())));
        }
        names.iter().filter_map(Node::as_str).collect()
    }
}

/// Whether 2.0 allows spaces, tabs or pipes as separators in a place.
fn has_separators(place: Place) -> bool {
    place != Place::Cookie
}

/// The encodings of lists in a form: one field for all items, unless it is `multi`.
fn lists(fields: &[&Node]) -> IndexMap<String, Encoding> {
    let is_list = |field: &&&Node| field.get("type").and_then(Node::as_str) == Some("array");
    let lists = fields.iter().filter(is_list).filter_map(|field| {
        let style = match field.get("collectionFormat").and_then(Node::as_str) {
            Some("multi") => return None,
            Some("ssv") => Style::SpaceDelimited,
            Some("pipes") => Style::PipeDelimited,
            Some("tsv") => Style::TabDelimited,
            _ => Style::Form,
        };
        let name = field.get("name")?.as_str()?;
        Some((name.to_owned(), Encoding { style: Some(style), ..Encoding::default() }))
    });
    lists.collect()
}

/// Whether a schema is the type `file` of 2.0.
fn is_file(schema: Option<&Node>) -> bool {
    schema.and_then(|schema| schema.get("type")).and_then(Node::as_str) == Some("file")
}
