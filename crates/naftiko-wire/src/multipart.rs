//! Multipart bodies: `multipart/form-data` (RFC 7578) and the other `multipart` types (RFC 2046).

use std::collections::HashMap;

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Encoding, Operation, Parameter, RequestBody};
use serde_json::Value;

use crate::field::is_field_value;
use crate::flat::empty;
use crate::media::{self, Written};
use crate::media_type::{
    BOUNDARY, JSON, OCTETS, TEXT, concrete, is_multipart, is_opaque, is_within, without_parameter,
};
use crate::parameter::{Pair, pairs, separates, taken};
use crate::refusal::Problem;
use crate::schema;

mod boundary;

use boundary::boundary;

/// One part.
struct Part {
    /// Its name; `None` in a body whose parts are identified by their order.
    name: Option<String>,
    /// Whether it is sent as a file.
    is_file: bool,
    written: Written,
}

/// Encodes a multipart body. An object has one part per property, and one per item of a list. A list has one part per
/// item: without a name, or, in `multipart/form-data`, named by the item, which is an object with one entry.
pub(crate) fn write(operation: &Operation, spec: &RequestBody, value: &Value) -> Result<Written, Problem> {
    let content_type = concrete(&spec.content_type);
    let is_form_data = essence(content_type) == "multipart/form-data";
    let mut parts = Vec::new();
    match value {
        Value::Object(entries) => {
            let mut owners: HashMap<Option<String>, &str> = HashMap::new();
            for (name, value) in entries {
                let written = property(operation, spec, name, value).and_then(|written| {
                    for part in &written {
                        if *owners.entry(part.name.clone()).or_insert(name) != name {
                            return Err(taken(name, "another property"));
                        }
                    }
                    Ok(written)
                });
                parts.extend(written.map_err(|problem| problem.within(name))?);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let written = if is_form_data {
                    entry(operation, spec, item)
                } else {
                    position(operation, spec, at, item)
                };
                parts.extend(written.map_err(|problem| problem.within(at))?);
            }
        }
        _ => return Err(Problem::new("a multipart body must be an object or a list")),
    }
    if parts.is_empty() {
        return Err(Problem::new("a body of several parts has no part"));
    }
    Ok(assembled(content_type, &parts))
}

/// Joins the parts with a boundary.
fn assembled(content_type: &str, parts: &[Part]) -> Written {
    let boundary = boundary(parts);
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        if let Some(name) = &part.name {
            let head = format!("Content-Disposition: form-data; name={}", quoted(name));
            bytes.extend_from_slice(head.as_bytes());
            if part.is_file {
                let file_name = part.written.file_name.as_deref().unwrap_or(name);
                bytes.extend_from_slice(format!("; filename={}", quoted(file_name)).as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
        }
        let head = format!("Content-Type: {}\r\n\r\n", part.written.content_type);
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(&part.written.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    // A boundary in the description is replaced, since it might occur in a part.
    let content_type = format!("{}; {BOUNDARY}={boundary}", without_parameter(content_type, BOUNDARY));
    Written { content_type, file_name: None, bytes }
}

/// The part of an item of a `multipart/form-data` list: an object with one entry, whose key names the part.
fn entry(operation: &Operation, spec: &RequestBody, item: &Value) -> Result<Vec<Part>, Problem> {
    match item.as_object().and_then(|entries| Some((entries.len(), entries.iter().next()?))) {
        Some((1, (name, value))) => {
            property(operation, spec, name, value).map_err(|problem| problem.within(name))
        }
        _ => Err(Problem::new(
            "a part of a form must be an object with one entry, whose key is the name of the part",
        )),
    }
}

/// The part at a position of a list (3.2, "Encoding By Position").
fn position(
    operation: &Operation,
    spec: &RequestBody,
    at: usize,
    item: &Value,
) -> Result<Vec<Part>, Problem> {
    let encoding = spec.prefix_encoding.get(at).or(spec.item_encoding.as_ref());
    let schema = schema::item(operation, &spec.schema, at);
    let name = format!("part {}", at + 1);
    Ok(vec![Part { name: None, ..part(&name, encoding, schema, item)? }])
}

fn property(
    operation: &Operation,
    spec: &RequestBody,
    name: &str,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    let encoding = spec.encoding.get(name);
    let schema = schema::property(operation, &spec.schema, name);
    let is_list = matches!(value, Value::Array(_) | Value::Object(_));
    let styled = encoding.and_then(|encoding| encoding.as_query_parameter(name)).filter(|_| is_list);
    if let Some(styled) = styled {
        return of_style(operation, &styled, schema.unwrap_or(&Value::Null), value);
    }
    match value {
        Value::Array(items) if items.is_empty() => Err(empty(name)),
        Value::Array(items) => {
            let schema = schema.and_then(|schema| operation.resolve(schema.get("items")?));
            let items = items.iter().enumerate();
            let parts = items
                .map(|(at, item)| part(name, encoding, schema, item).map_err(|problem| problem.within(at)));
            parts.collect()
        }
        single => Ok(vec![part(name, encoding, schema, single)?]),
    }
}

fn part(
    name: &str,
    encoding: Option<&Encoding>,
    schema: Option<&Value>,
    value: &Value,
) -> Result<Part, Problem> {
    let is_binary = schema::is_binary(schema) && value.is_string();
    let said = encoding.and_then(|encoding| encoding.content_type.as_deref());
    let content_type = said.and_then(|said| chosen(said, value));
    let content_type = content_type.unwrap_or_else(|| usual(schema, value));
    if !is_field_value(content_type) {
        let message = format!("the media type of `{name}` has a character that a header cannot contain");
        return Err(Problem::new(message));
    }
    if is_multipart(&essence(content_type)) {
        return Err(Problem::new(format!("`{name}` cannot be split into several parts")));
    }
    let written = media::write(name, content_type, value, is_binary)?;
    let is_file = is_binary || is_opaque(&essence(&written.content_type));
    Ok(Part { name: Some(name.to_owned()), is_file, written })
}

/// Chooses one of the media types that a description allows: the type of a `data:` URL, JSON for a list or an object,
/// or the first one.
fn chosen<'a>(content_types: &'a str, value: &Value) -> Option<&'a str> {
    let mut all = content_types.split(',').map(str::trim).filter(|content_type| !content_type.is_empty());
    if value.is_object() || value.is_array() {
        let json = all.clone().find(|content_type| is_json(&essence(content_type)));
        return json.or_else(|| all.next());
    }
    let given = value.as_str().and_then(|text| text.strip_prefix("data:")?.split([';', ',']).next());
    let named = given.and_then(|given| all.clone().find(|allowed| is_within(given, &essence(allowed))));
    named.or_else(|| all.next())
}

/// The parts of a list or an object that is written like a query parameter: each pair is a part, without
/// percent-encoding.
fn of_style(
    operation: &Operation,
    styled: &Parameter,
    schema: &Value,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    let part = |pair: Pair| {
        // A query would encode the separator in an item; a part cannot.
        if pair.is_joined && pair.texts.iter().any(|text| text.contains(pair.separator)) {
            return Err(separates(&styled.name, pair.separator));
        }
        let text = Value::from(pair.texts.join(pair.separator));
        let written = media::write(&styled.name, TEXT, &text, false)?;
        Ok(Part { name: Some(pair.name), is_file: false, written })
    };
    pairs(operation, styled, schema, value)?.into_iter().map(part).collect()
}

/// The media type of a part whose encoding names none.
fn usual<'a>(schema: Option<&'a Value>, value: &Value) -> &'a str {
    let said = schema.and_then(|schema| schema.get("contentMediaType")?.as_str());
    match (said, value) {
        (Some(said), _) => said,
        (None, Value::Object(_) | Value::Array(_)) => JSON,
        (None, _) if schema::is_binary(schema) || schema::is_encoded(schema) => OCTETS,
        (None, _) => TEXT,
    }
}

/// A name in quotes, escaped as browsers do.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}
