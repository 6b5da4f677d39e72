//! Request bodies: the schema of the value that an author provides, and the encoding of its parts.

use std::collections::HashSet;

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Encoding, Place, RequestBody};
use naftiko_diagnostics::work;
use naftiko_syntax::Node;
use serde_json::{Value as Json, json};

use crate::Version;
use crate::media::{JSON, best, concrete, is_multipart, is_urlencoded};
use crate::schema::{Reader, anything};

/// The media types of an untyped part (3.1): bytes, or JSON for a value that is not a string.
const UNTYPED: &str = "application/octet-stream, application/json";

impl<'a> Reader<'a> {
    /// The request body of 3.x. An unresolvable one accepts anything.
    pub(crate) fn body(&mut self, node: &'a Node) -> Option<RequestBody> {
        let Some(body) = self.follow(node) else {
            return Some(RequestBody::new(JSON, false, anything()));
        };
        self.mapping(body, "a request body")?;
        let content = self.mapping(body.get("content")?, "`content`")?;
        let (media_type, node) = best(content)?;
        let required = body.get("required").and_then(Node::as_bool).unwrap_or_default();
        let media = self.follow(node).filter(|media| self.mapping(media, "a media type").is_some());
        let schema = self.described(media_type, media);
        let mut body = RequestBody::new(concrete(media_type), required, schema);
        let Some(media) = media else { return Some(body) };
        if is_urlencoded(media_type) || is_multipart(media_type) {
            let encoding = media.get("encoding").map(|node| self.encoding(node, media_type));
            body.encoding = encoding.unwrap_or_default();
        }
        if is_multipart(media_type) && self.document.version >= Version::V3_1 {
            self.untyped_parts(media.get("schema"), &mut body.encoding);
        }
        if is_multipart(media_type) && self.document.version >= Version::V3_2 {
            let prefix = media.get("prefixEncoding").map(|node| self.list(node, "`prefixEncoding`"));
            body.prefix_encoding = prefix.unwrap_or_default().iter().map(of_type).collect();
            body.item_encoding = media.get("itemEncoding").map(of_type);
            self.untyped_positions(media.get("schema"), &mut body);
        }
        Some(body)
    }

    /// The schema of the value that an author provides for a body of this media type.
    fn described(&mut self, media_type: &str, media: Option<&'a Node>) -> Json {
        let Some(media) = media else { return self.body_schema(media_type, None) };
        match (media.get("schema"), media.get("itemSchema")) {
            (None, Some(item)) if is_structured(media_type) => {
                json!({"type": "array", "items": self.schema(item)})
            }
            (schema, _) => self.body_schema(media_type, schema),
        }
    }

    /// The schema of the value that an author provides for a body: the described one for JSON, forms and multipart
    /// bodies. A body of any other media type is provided as text, whatever structure its description gives that text.
    pub(crate) fn body_schema(&mut self, media_type: &str, schema: Option<&'a Node>) -> Json {
        if is_structured(media_type) {
            return schema.map_or_else(anything, |schema| self.schema(schema));
        }
        let essence = essence(media_type);
        let is_text = essence.starts_with("text/");
        let target = schema.and_then(|schema| self.document.follow(schema).ok()).map(|target| target.node);
        let types = target.map(types).unwrap_or_default();
        let fits = |name: &&str| match *name {
            "string" | "null" => true,
            "number" | "integer" | "boolean" => is_text,
            _ => false,
        };
        let is_binary = target.and_then(|node| node.get("format")?.as_str()) == Some("binary");
        match schema {
            // The length constraint is about the bytes, and the value may be a `data:` URL.
            Some(_) if types == ["file"] || is_binary => json!({"type": "string", "format": "binary"}),
            Some(schema) if !types.is_empty() && types.iter().all(fits) => self.schema(schema),
            Some(_) if is_text && target.is_some_and(is_untyped) => any_scalar(),
            None if is_text => any_scalar(),
            _ => json!({"type": "string"}),
        }
    }

    /// The encodings of single properties of a body or query string of this media type.
    pub(crate) fn encoding(&mut self, node: &'a Node, media_type: &str) -> IndexMap<String, Encoding> {
        let Some(mapping) = self.mapping(node, "`encoding`") else { return IndexMap::new() };
        let mut encodings = IndexMap::new();
        for (name, entry) in mapping.iter() {
            let node = &entry.value;
            if self.mapping(node, "an encoding").is_none() {
                continue;
            }
            let is_styled = self.has_styles(media_type)
                // Any one of these keys selects a style, with the defaults of the others.
                && ["style", "explode", "allowReserved"].iter().any(|key| node.get(key).is_some());
            let encoding = if is_styled { self.styled(node) } else { self.of_media_type(node, media_type) };
            encodings.insert(name.to_owned(), encoding);
        }
        encodings
    }

    /// Whether the styles of an encoding apply: in a form, and from 3.1 on in `multipart/form-data`.
    fn has_styles(&self, media_type: &str) -> bool {
        let is_form_data = essence(media_type) == "multipart/form-data";
        is_urlencoded(media_type) || is_form_data && self.document.version >= Version::V3_1
    }

    fn styled(&mut self, node: &'a Node) -> Encoding {
        let says = |key: &str| node.get(key).and_then(Node::as_bool);
        let style = self.style(node, Place::Query);
        Encoding {
            content_type: None,
            style: Some(style),
            explode: says("explode").unwrap_or_else(|| style.default_explode()),
            allow_reserved: says("allowReserved").unwrap_or_default(),
        }
    }

    /// An encoding by media type. In a form it applies to the whole list before 3.2, and to each item from 3.2 on.
    fn of_media_type(&self, node: &Node, media_type: &str) -> Encoding {
        let is_for_each = is_urlencoded(media_type) && self.document.version >= Version::V3_2;
        let encoding = of_type(node);
        Encoding { explode: is_for_each && encoding.content_type.is_some(), ..encoding }
    }

    /// Adds the encoding of the multipart items whose schema has no type: they are files.
    fn untyped_positions(&mut self, schema: Option<&'a Node>, body: &mut RequestBody) {
        let Some(schema) = schema.and_then(|node| self.document.follow(node).ok()) else { return };
        let first = schema.node.get("prefixItems").and_then(Node::as_sequence).into_iter().flatten();
        for (at, item) in first.enumerate() {
            if at >= body.prefix_encoding.len() {
                body.prefix_encoding.push(body.item_encoding.clone().unwrap_or_default());
            }
            if let Some(encoding) = body.prefix_encoding.get_mut(at) {
                as_bytes_if_untyped(encoding, item);
            }
        }
        if let Some(items) = schema.node.get("items").filter(|items| is_untyped(items)) {
            as_bytes_if_untyped(body.item_encoding.get_or_insert_default(), items);
        }
    }

    /// Adds the encoding of the multipart properties whose schema has no type: they are files.
    fn untyped_parts(&mut self, schema: Option<&'a Node>, encoding: &mut IndexMap<String, Encoding>) {
        let document = self.document;
        let mut seen = HashSet::new();
        let mut pending: Vec<&'a Node> = schema.into_iter().collect();
        while let Some(next) = pending.pop() {
            let Ok(target) = document.follow(next) else { continue };
            let schema = target.node;
            if !seen.insert(std::ptr::from_ref(schema).addr()) {
                continue;
            }
            work::add(1);
            let properties = schema.get("properties").and_then(Node::as_mapping);
            for (name, entry) in properties.into_iter().flat_map(naftiko_syntax::Mapping::iter) {
                let items = entry.value.get("items").filter(|_| types(&entry.value) == ["array"]);
                let is_untyped = is_untyped(items.unwrap_or(&entry.value));
                let known =
                    encoding.get(name).is_some_and(|it| it.content_type.is_some() || it.style.is_some());
                if is_untyped && !known {
                    let content_type = Some(UNTYPED.to_owned());
                    encoding.insert(name.to_owned(), Encoding { content_type, ..Encoding::default() });
                }
            }
            pending.extend(schema.get("allOf").and_then(Node::as_sequence).into_iter().flatten().rev());
        }
    }
}

/// Sets the media type of a part without a name, if neither its encoding nor its schema has one.
fn as_bytes_if_untyped(encoding: &mut Encoding, schema: &Node) {
    if encoding.content_type.is_none() && encoding.style.is_none() && is_untyped(schema) {
        encoding.content_type = Some(UNTYPED.to_owned());
    }
}

/// An encoding that only has a media type.
fn of_type(node: &Node) -> Encoding {
    let content_type = node.get("contentType").and_then(Node::as_str).map(str::to_owned);
    Encoding { content_type, ..Encoding::default() }
}

/// Whether the value of a body of this media type has the structure of its schema.
fn is_structured(media_type: &str) -> bool {
    let essence = essence(media_type);
    is_json(&essence)
        || matches!(essence.as_str(), "*/*" | "application/*")
        || is_urlencoded(media_type)
        || is_multipart(media_type)
}

/// The types in a schema's `type`.
pub(crate) fn types(schema: &Node) -> Vec<&str> {
    let Some(node) = schema.get("type") else { return Vec::new() };
    node.as_sequence().unwrap_or(std::slice::from_ref(node)).iter().filter_map(Node::as_str).collect()
}

/// A string, or a scalar that is written as one.
fn any_scalar() -> Json {
    json!({"type": ["string", "number", "boolean"]})
}

/// Whether a schema has no keyword that constrains the type of a value.
fn is_untyped(schema: &Node) -> bool {
    const TELLING: [&str; 12] = [
        "$ref",
        "$dynamicRef",
        "type",
        "enum",
        "const",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "properties",
        "items",
        "contentMediaType",
    ];
    schema.as_bool() == Some(true)
        || schema.as_mapping().is_some() && TELLING.iter().all(|key| schema.get(key).is_none())
}
