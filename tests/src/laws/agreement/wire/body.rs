//! The serialization of request bodies.

use serde_json::Value;

use super::super::model::{Body, Encoding, Media, Parameter, Place, Style};
use super::super::schemas::Version;
use super::{Unwritable, Written, query, text};

/// The expected body of a request.
#[derive(Debug)]
pub(in super::super) enum Expected {
    /// Any serialization of this JSON value.
    Json(Value),
    /// These fields; values are decoded, or exact if they are serialized like a query.
    Form(Vec<(String, Written)>),
    Parts(Vec<Part>),
    Bytes(Vec<u8>),
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Part {
    pub(in super::super) name: String,
    pub(in super::super) file_name: Option<String>,
    pub(in super::super) content_type: String,
    pub(in super::super) bytes: Vec<u8>,
}

const PLAIN: &str = "text/plain; charset=utf-8";
const PNG: (&str, &[u8]) = ("data:image/png;base64,iVBORw0KGgo=", &[137, 80, 78, 71, 13, 10, 26, 10]);

/// The expected body of a case.
pub(in super::super) fn expected(
    body: &Body,
    version: Version,
    components: &Value,
) -> Result<Expected, Unwritable> {
    Ok(match body.media {
        Media::Json | Media::Patch => Expected::Json(body.value.clone()),
        Media::Form => Expected::Form(form(body, version)?),
        Media::Parts => {
            let parts = parts(body, version, components)?;
            if parts.is_empty() {
                return Err("no part");
            }
            Expected::Parts(parts)
        }
        Media::Mixed => {
            let parts = mixed(body, version, components)?;
            if parts.is_empty() {
                return Err("no part");
            }
            Expected::Parts(parts)
        }
        Media::Text => Expected::Bytes(text(&body.value)?.into_bytes()),
        Media::Xml | Media::Lines | Media::Octets => match body.value.as_str() {
            Some(text) => Expected::Bytes(bytes(text).to_vec()),
            None => return Err("no text"),
        },
    })
}

/// The pairs of a parameter that is the whole query: the fields of a form, or one text without a name.
pub(in super::super) fn whole_query(parameter: &Parameter) -> Result<Vec<(String, Written)>, Unwritable> {
    if parameter.is_json {
        return Ok(vec![(parameter.value.to_string(), Written::Exactly(String::new()))]);
    }
    let body = Body {
        media: Media::Form,
        schema: parameter.schema.clone(),
        encoding: Vec::new(),
        prefix: Vec::new(),
        rest: None,
        alternative: None,
        value: parameter.value.clone(),
        is_spread: false,
    };
    form(&body, Version::V32)
}

/// The parts of a list, by position.
fn mixed(body: &Body, version: Version, components: &Value) -> Result<Vec<Part>, Unwritable> {
    let Value::Array(items) = &body.value else { return Err("parts that are no list") };
    let written = items.iter().enumerate().map(|(at, item)| {
        let schema = body.schema["prefixItems"].get(at).unwrap_or(&body.schema["items"]);
        let schema = followed(schema, components);
        let said = body.prefix.get(at).copied().or(body.rest);
        let part = part("", item, schema, said.or_else(|| untyped(schema, version)))?;
        Ok(Part { file_name: None, ..part })
    });
    written.collect()
}

/// The bytes of a text, or the content of its `data:` URL.
fn bytes(text: &str) -> &[u8] {
    if text == PNG.0 { PNG.1 } else { text.as_bytes() }
}

fn form(body: &Body, version: Version) -> Result<Vec<(String, Written)>, Unwritable> {
    let Value::Object(fields) = &body.value else { return Err("a form that is no object") };
    let mut pairs = Vec::new();
    for (name, value) in fields {
        let encoding = body.encoding.iter().find(|(known, _)| known == name).map(|(_, encoding)| encoding);
        let of_version_2 = (version == Version::V2).then(|| collection(body, name)).flatten();
        if let Some(styled) = of_version_2.or_else(|| encoding.and_then(styled)) {
            pairs.extend(query(&Parameter { name: name.clone(), value: value.clone(), ..styled })?);
            continue;
        }
        let said = encoding.and_then(|encoding| encoding.content_type);
        let is_whole = said.is_some() && version < Version::V32;
        let decoded = |value: &Value| Ok((name.clone(), Written::Decoded(vec![field(value, said)?], '\0')));
        match value {
            Value::Array(items) if !is_whole && items.is_empty() => return Err("an empty list"),
            Value::Array(items) if !is_whole => {
                pairs.extend(items.iter().map(decoded).collect::<Result<Vec<_>, Unwritable>>()?);
            }
            single => pairs.push(decoded(single)?),
        }
    }
    Ok(pairs)
}

/// Serializes a value in the given media type; by default as JSON for lists and objects, else as text.
fn field(value: &Value, said: Option<&str>) -> Result<String, Unwritable> {
    match (said, value) {
        (Some("application/json"), _) | (None, Value::Array(_) | Value::Object(_)) => Ok(value.to_string()),
        _ => text(value),
    }
}

/// The serialization of a list in a form of version 2.0; `None` if each item is a separate field.
fn collection(body: &Body, name: &str) -> Option<Parameter> {
    let schema = &body.schema["properties"][name];
    let style = match schema["collectionFormat"].as_str() {
        _ if schema["type"] != "array" => return None,
        Some("multi") => return None,
        Some("ssv") => Style::Space,
        Some("pipes") => Style::Pipe,
        Some("tsv") => Style::Tab,
        _ => Style::Form,
    };
    Some(like_query(style, false, false))
}

/// The parameters of an encoding with a style, with defaults.
fn styled(encoding: &Encoding) -> Option<Parameter> {
    let style = encoding.style?;
    let explode = encoding.explode.unwrap_or(style == Style::Form);
    Some(like_query(style, explode, encoding.keeps_reserved.unwrap_or(false)))
}

fn like_query(style: Style, explode: bool, keeps_reserved: bool) -> Parameter {
    let (name, schema, value) = (String::new(), Value::Null, Value::Null);
    Parameter {
        allows_empty: false,
        name,
        place: Place::Query,
        style,
        explode,
        keeps_reserved,
        is_json: false,
        schema,
        value,
        suffix: "",
    }
}

fn parts(body: &Body, version: Version, components: &Value) -> Result<Vec<Part>, Unwritable> {
    let Value::Object(fields) = &body.value else { return Err("several parts that are no object") };
    let mut parts = Vec::new();
    for (name, value) in fields {
        let encoding = body.encoding.iter().find(|(known, _)| known == name).map(|(_, encoding)| encoding);
        let is_nested = value.is_array() || value.is_object();
        let from_31 = encoding.and_then(styled).filter(|_| version >= Version::V31);
        let styled = if version == Version::V2 { collection(body, name) } else { from_31 };
        if let Some(styled) = styled.filter(|_| is_nested) {
            parts.extend(of_style(&Parameter { name: name.clone(), value: value.clone(), ..styled })?);
            continue;
        }
        let said = encoding.and_then(|encoding| encoding.content_type);
        let schema = followed(&body.schema["properties"][name], components);
        // With a style, a part has no media type, not even that of a schema without a type.
        let is_styled = version >= Version::V31 && encoding.is_some_and(|encoding| encoding.style.is_some());
        let untyped = |schema: &Value| untyped(schema, version).filter(|_| !is_styled);
        match value {
            Value::Array(items) if items.is_empty() => return Err("an empty list"),
            Value::Array(items) => {
                let schema = followed(&schema["items"], components);
                let usual = said.or_else(|| untyped(schema));
                for item in items {
                    parts.push(part(name, item, schema, usual)?);
                }
            }
            single => parts.push(part(name, single, schema, said.or_else(|| untyped(schema)))?),
        }
    }
    Ok(parts)
}

/// Resolves a reference to a named schema.
fn followed<'a>(schema: &'a Value, components: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    name.map_or(schema, |name| &components[name])
}

/// Since version 3.1, a part whose schema has no type is binary.
fn untyped(schema: &Value, version: Version) -> Option<&'static str> {
    let keys = ["type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "$ref", "properties", "items"];
    let is_untyped = schema.is_object() && !keys.iter().any(|key| schema.get(key).is_some());
    (version >= Version::V31 && is_untyped).then_some("application/octet-stream")
}

fn part(name: &str, value: &Value, schema: &Value, said: Option<&str>) -> Result<Part, Unwritable> {
    let is_file = (schema["format"] == "binary" || schema["type"] == "file") && value.is_string();
    let encodes = schema["format"] == "byte";
    let is_nested = value.is_array() || value.is_object();
    let content_type = match said {
        Some("application/octet-stream") if is_nested => "application/json",
        Some(said) => said,
        None if is_nested => "application/json",
        None if is_file || encodes => "application/octet-stream",
        None => PLAIN,
    };
    let is_opaque = content_type == "application/octet-stream";
    let (content_type, bytes) = match value {
        // The media type of the URL is more specific than that of arbitrary bytes.
        Value::String(given) if (is_file || is_opaque) && given == PNG.0 => {
            (if is_opaque { "image/png" } else { content_type }, PNG.1.to_vec())
        }
        Value::String(given) if is_file || is_opaque => (content_type, given.as_bytes().to_vec()),
        value if content_type == "application/json" => (content_type, value.to_string().into_bytes()),
        _ if is_opaque => return Err("bytes that are no text"),
        value => (content_type, text(value)?.into_bytes()),
    };
    let is_text = content_type.starts_with("text/") || content_type == "application/json";
    let file_name = (is_file || !is_text).then(|| name.to_owned());
    Ok(Part { name: name.to_owned(), file_name, content_type: content_type.to_owned(), bytes })
}

/// A list or an object that is serialized like a query parameter, without encoding.
fn of_style(parameter: &Parameter) -> Result<Vec<Part>, Unwritable> {
    let pairs = query(&Parameter { keeps_reserved: true, ..parameter.clone() })?;
    let part = |(name, written): (String, Written)| {
        let Written::Decoded(texts, separator) = written else { return Err("no text") };
        if separator != '\0' && texts.iter().any(|text| text.contains(separator)) {
            return Err("an item holds the separator");
        }
        let bytes = texts.join(&separator.to_string()).into_bytes();
        Ok(Part { name, file_name: None, content_type: PLAIN.to_owned(), bytes })
    };
    pairs.into_iter().map(part).collect()
}
