//! Parses a multipart body.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Operation, RequestBody, Style};
use serde_json::{Map, Value};

use super::body::property;
use super::{deep, named};
use crate::charset::from_charset;
use crate::expected::Expected;
use crate::media_type::{BOUNDARY, OCTETS, parameter_of};
use crate::parameter::separator;
use crate::percent::encoded;

/// A part of a multipart body.
struct Part<'b> {
    name: Option<String>,
    is_file: bool,
    content_type: String,
    bytes: &'b [u8],
}

/// Parses a multipart body: an object by the names of the parts, or a list if a part has no name.
pub(super) fn read(
    operation: &Operation,
    spec: &RequestBody,
    content_type: &str,
    bytes: &[u8],
) -> Result<Value, String> {
    let boundary =
        parameter_of(content_type, BOUNDARY).ok_or("the media type of the body has no boundary")?;
    let parts = parts(&boundary, bytes).ok_or("the parts of the body cannot be separated")?;
    let expected = Expected::of(operation, &spec.schema);
    if parts.iter().any(|part| part.name.is_none()) {
        let items = expected.items().unwrap_or_default();
        return Ok(parts.iter().map(|part| part.value(&items)).collect());
    }
    object(operation, spec, &expected, &parts)
}

fn object(
    operation: &Operation,
    spec: &RequestBody,
    expected: &Expected<'_>,
    parts: &[Part<'_>],
) -> Result<Value, String> {
    let mut fields = Map::new();
    let mut taken: HashSet<&str> = HashSet::new();
    let texts: Vec<(String, String)> = parts
        .iter()
        .filter(|part| !part.is_file)
        .filter_map(|part| Some((part.name.clone()?, String::from_utf8(part.bytes.to_vec()).ok()?)))
        .collect();
    for (name, encoding) in &spec.encoding {
        let Some(styled) = encoding.as_query_parameter(name) else { continue };
        let expected = Expected::of(operation, property(operation, &spec.schema, name));
        let separator = separator(styled.style);
        let value = match styled.style {
            // Parts are not percent-encoded, so they are encoded first for the parser, which decodes them.
            Style::DeepObject => {
                let encoded: Vec<(String, String)> =
                    texts.iter().map(|(name, text)| (name.clone(), encoded(text, ""))).collect();
                deep::read(name, &expected, &encoded)?
            }
            _ => named(&styled, &expected, &texts, separator, &[], &str::to_owned),
        };
        let Some(value) = value else { continue };
        let deep = format!("{name}[");
        let is_own = |known: &str| known == name || known.starts_with(&deep) || value.get(known).is_some();
        taken.extend(parts.iter().filter_map(|part| part.name.as_deref()).filter(|known| is_own(known)));
        fields.insert(name.clone(), value);
    }
    let mut lists: IndexMap<&str, Vec<&Part<'_>>> = IndexMap::new();
    for part in parts {
        let name = part.name.as_deref().unwrap_or_default();
        if !taken.contains(&name) {
            lists.entry(name).or_default().push(part);
        }
    }
    for (name, parts) in lists {
        let expected = expected.object().map(|object| object.entry(name)).unwrap_or_default();
        let is_list = parts.len() > 1 || !expected.is_scalar() && expected.object().is_none();
        let value = match expected.items().filter(|_| is_list) {
            Some(items) => parts.iter().map(|part| part.value(&items)).collect(),
            None => parts.last().map_or(Value::Null, |part| part.value(&expected)),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(Value::Object(fields))
}

impl Part<'_> {
    fn value(&self, expected: &Expected<'_>) -> Value {
        let essence = essence(&self.content_type);
        if is_json(&essence)
            && let Ok(json) = serde_json::from_slice(self.bytes)
        {
            return json;
        }
        match from_charset(&self.content_type, self.bytes) {
            Some(text) if !self.is_file => expected.scalar(text),
            // A file of plain text becomes a string, which is how an author supplies it.
            Some(text) if essence == OCTETS && !text.starts_with("data:") => Value::String(text),
            _ => data_url(&essence, self.bytes),
        }
    }
}

/// Bytes as a `data:` URL.
pub(super) fn data_url(media_type: &str, bytes: &[u8]) -> Value {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes)).into()
}

/// Splits a body at its boundaries; `None` if the body is malformed.
fn parts<'b>(boundary: &str, bytes: &'b [u8]) -> Option<Vec<Part<'b>>> {
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = bytes.strip_prefix(opening.as_bytes())?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let inner = rest.strip_prefix(b"\r\n")?;
        let end = find(inner, delimiter.as_bytes())?;
        parts.push(part(inner.get(..end)?)?);
        rest = inner.get(end + delimiter.len()..)?;
    }
    Some(parts)
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let end = find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut part = Part {
        name: None,
        is_file: false,
        content_type: "text/plain".to_owned(),
        bytes: bytes.get(end + 4..)?,
    };
    for line in head.split("\r\n") {
        let (field, value) = line.split_once(':')?;
        match field.trim().to_ascii_lowercase().as_str() {
            "content-type" => value.trim().clone_into(&mut part.content_type),
            "content-disposition" => {
                part.name = quoted(value, "; name=");
                part.is_file = quoted(value, "; filename=").is_some();
            }
            _ => {}
        }
    }
    Some(part)
}

/// A quoted parameter of a header field, unescaped as browsers escape it.
fn quoted(field: &str, key: &str) -> Option<String> {
    let (_, rest) = field.split_once(key)?;
    let (value, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
