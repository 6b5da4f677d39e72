//! Media types: the choice among several, and the responses that they describe.

use naftiko_adapter::ResponseSpec;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_syntax::{Mapping, Node};
use serde_json::{Value as Json, json};

use crate::body::types;
use crate::document::malformed;
use crate::schema::{Reader, anything};

/// Used for a media type that allows anything.
pub(crate) const JSON: &str = "application/json";
/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The preference of a media type, 0 the best: JSON, JSON-based types, forms, text, anything else.
pub(crate) fn rank(media_type: &str) -> usize {
    match essence(media_type).as_str() {
        JSON => 0,
        "*/*" | "application/*" => 2,
        form if is_urlencoded(form) => 3,
        json if is_json(json) => 1,
        multipart if multipart.starts_with("multipart/") => 4,
        text if text.starts_with("text/") => 5,
        _ => 6,
    }
}

/// The media type to send, which cannot be a range.
pub(crate) fn concrete(media_type: &str) -> String {
    let essence = essence(media_type);
    let is_range_of_json = essence.contains('*') && is_json(&essence);
    if is_range_of_json || rank(media_type) == 2 { JSON.to_owned() } else { media_type.to_owned() }
}

pub(crate) fn is_urlencoded(media_type: &str) -> bool {
    essence(media_type) == FORM
}

pub(crate) fn is_multipart(media_type: &str) -> bool {
    essence(media_type).starts_with("multipart/")
}

/// The preferred media type of a `content`.
pub(crate) fn best(content: &Mapping) -> Option<(&str, &Node)> {
    let types = content.iter().filter(|(name, _)| !name.starts_with("x-"));
    types.min_by_key(|(name, _)| rank(name)).map(|(name, entry)| (name, &entry.value))
}

/// Whether a response of this media type is parsed as a value, and not as text.
pub(crate) fn is_value(media_type: &str) -> bool {
    is_json(&essence(media_type)) || rank(media_type) == 2
}

/// The schema of a text response: its `enum` consists of strings, and it is never null.
fn as_text(mut schema: Json) -> Json {
    let Some(keywords) = schema.as_object_mut() else { return schema };
    if let Some(types) = keywords.get_mut("type") {
        *types = "string".into();
    }
    if let Some(Json::Array(listed)) = keywords.get_mut("enum") {
        listed.retain(|value| !value.is_null());
        for value in listed.iter_mut().filter(|value| !value.is_string()) {
            *value = value.to_string().into();
        }
    }
    schema
}

/// A response whose `$ref` cannot be resolved: any body is allowed.
pub(crate) fn somewhere_else() -> ResponseSpec {
    ResponseSpec { content_type: None, schema: Some(anything()), examples: Vec::new() }
}

impl<'a> Reader<'a> {
    /// A response of 3.x.
    pub(crate) fn response(&mut self, node: &'a Node) -> ResponseSpec {
        let nothing = ResponseSpec { content_type: None, schema: None, examples: Vec::new() };
        let Some(response) = self.follow(node) else { return somewhere_else() };
        self.mapping(response, "a response");
        let content = response.get("content").and_then(|content| self.mapping(content, "`content`"));
        let Some((media_type, node)) = content.and_then(best) else { return nothing };
        let media = self.follow(node);
        let examples = media.map(|media| self.examples(media)).unwrap_or_default();
        if !is_value(media_type) {
            let schema = media.and_then(|media| media.get("schema"));
            return self.text_response(media_type, schema, examples);
        }
        ResponseSpec {
            content_type: Some(concrete(media_type)),
            schema: media.and_then(|media| self.media_schema(media)),
            examples,
        }
    }

    /// A response that is not JSON. Its value is a text, or a `data:` URL for binary content, whatever structure its
    /// description gives that text.
    pub(crate) fn text_response(
        &mut self,
        media_type: &str,
        schema: Option<&'a Node>,
        mut examples: Vec<Json>,
    ) -> ResponseSpec {
        let target = schema.and_then(|schema| self.document.follow(schema).ok()).map(|target| target.node);
        let types = target.map(types).unwrap_or_default();
        let is_binary = target.and_then(|node| node.get("format")?.as_str()) == Some("binary");
        let is_text = !types.is_empty() && types.iter().all(|name| matches!(*name, "string" | "null"));
        let schema = match schema {
            // The length constraint is about the bytes.
            Some(_) if types == ["file"] || is_binary => json!({"type": "string", "format": "binary"}),
            Some(schema) if is_text => as_text(self.schema(schema)),
            _ => json!({"type": "string"}),
        };
        examples.retain(Json::is_string);
        ResponseSpec { content_type: Some(concrete(media_type)), schema: Some(schema), examples }
    }

    /// The schema of a media type. The schema of a stream of items (3.2) becomes that of a list.
    pub(crate) fn media_schema(&mut self, media: &'a Node) -> Option<Json> {
        self.mapping(media, "a media type")?;
        match (media.get("schema"), media.get("itemSchema")) {
            (Some(schema), _) => Some(self.schema(schema)),
            (None, Some(item)) => Some(json!({"type": "array", "items": self.schema(item)})),
            (None, None) => None,
        }
    }

    fn examples(&mut self, media: &'a Node) -> Vec<Json> {
        let mut examples = Vec::from_iter(media.get("example").map(Node::to_json));
        let Some(named) = media.get("examples") else { return examples };
        let Some(named) = self.mapping(named, "`examples`") else { return examples };
        for (_, entry) in named.iter() {
            let Some(example) = self.follow(&entry.value) else { continue };
            let value = example.get("dataValue").or_else(|| example.get("value"));
            examples.extend(value.map(Node::to_json));
        }
        examples
    }

    /// Whether a key of `responses` is a status; a key that is neither a status nor an extension is reported.
    pub(crate) fn is_status(&mut self, key: &str, entry: &naftiko_syntax::Entry) -> bool {
        let class = key.strip_suffix("XX").or_else(|| key.strip_suffix("xx"));
        let digits = class.map_or(3, |_| 1);
        let number = class.unwrap_or(key);
        let status = number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit());
        if !status && key != "default" && !key.starts_with("x-") {
            let message = format!("expected a status, `4XX` or `default`, found `{key}`");
            self.report(malformed(entry.key_span, message));
        }
        status || key == "default"
    }
}
