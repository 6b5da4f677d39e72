//! Bodies of several parts: `multipart/form-data` (RFC 7578).

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Failure, Operation, Parameter, RequestBody, Style};
use serde_json::Value;

use crate::body::{OCTETS, Written, single};
use crate::style::{self, refused, visible};

/// How deep `allOf` is looked into for a property.
const MAX_DEPTH: usize = 8;

/// One part.
struct Part {
    name: String,
    /// Whether it is given as a file, as services want it of what is no plain value.
    is_file: bool,
    written: Written,
}

/// Writes an object: a part for each property, and for each item of a list.
pub(crate) fn multipart(
    operation: &Operation,
    spec: &RequestBody,
    value: &Value,
) -> Result<Written, Failure> {
    let Value::Object(entries) = value else {
        return Err(refused("a body of several parts has to be an object"));
    };
    let mut parts = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        parts.extend(of_property(operation, spec, name, value)?);
    }
    if parts.is_empty() {
        return Err(refused("a body of several parts has no part"));
    }
    let boundary = boundary(&parts);
    let mut bytes = Vec::new();
    for part in &parts {
        let name = quoted(&part.name);
        let file = if part.is_file { format!("; filename={name}") } else { String::new() };
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name={name}{file}\r\nContent-Type: {}\r\n\r\n",
            part.written.content_type
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(&part.written.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Written { content_type: format!("multipart/form-data; boundary={boundary}"), bytes })
}

fn of_property(
    operation: &Operation,
    spec: &RequestBody,
    name: &str,
    value: &Value,
) -> Result<Vec<Part>, Failure> {
    let encoding = spec.encoding.get(name);
    if let Some(styled) = encoding.and_then(|encoding| encoding.as_query_parameter(name)) {
        return of_style(&styled, value);
    }
    let schema = property(operation, &spec.schema, name, 0);
    let (items, schema) = match value {
        Value::Array(items) if items.is_empty() => {
            return Err(refused(format!("`{name}` is empty, which has no written form")));
        }
        Value::Array(items) => {
            let schema = schema.and_then(|schema| operation.resolve(schema.get("items")?));
            (items.iter().collect(), schema)
        }
        single => (vec![single], schema),
    };
    let told = encoding.and_then(|encoding| encoding.content_type.as_deref()).and_then(first_of);
    let part = |value: &Value| {
        let content_type = told.unwrap_or_else(|| usual(schema, value));
        if !visible(content_type) {
            return Err(refused(format!(
                "the media type of `{name}` has a character that a header cannot carry"
            )));
        }
        let mut written = single(name, content_type, value)?;
        if written.content_type.contains('*') {
            OCTETS.clone_into(&mut written.content_type);
        }
        let essence = essence(&written.content_type);
        let is_file = !is_json(&essence) && !essence.starts_with("text/") || is_binary(schema);
        Ok(Part { name: name.to_owned(), is_file, written })
    };
    items.into_iter().map(part).collect()
}

/// Parts of a value that is written like a query parameter: each pair is one, and nothing is encoded in it.
fn of_style(styled: &Parameter, value: &Value) -> Result<Vec<Part>, Failure> {
    // In a query it is encoded, and here it would separate what it does not.
    let separates = |text: &str| styled.style == Style::Form && !styled.explode && text.contains(',');
    let is_ambiguous = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(separates),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| separates(key) || value.as_str().is_some_and(separates))
        }
        _ => false,
    };
    if is_ambiguous {
        return Err(refused(format!("an item of `{}` has a `,`, which separates items", styled.name)));
    }
    let query = style::query(styled, value)?;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let part = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let written = single(&name, TEXT, &Value::from(&*value))?;
        Ok(Part { name: name.into_owned(), is_file: false, written })
    };
    pairs.map(part).collect()
}

/// The media type of what is text.
const TEXT: &str = "text/plain; charset=utf-8";

/// The first of several media types that a description allows.
fn first_of(content_types: &str) -> Option<&str> {
    content_types.split(',').map(str::trim).find(|content_type| !content_type.is_empty())
}

/// The media type of a part of which the description says nothing.
fn usual<'a>(schema: Option<&'a Value>, value: &Value) -> &'a str {
    let said = schema.and_then(|schema| schema.get("contentMediaType")?.as_str());
    match (said, value) {
        (Some(said), _) => said,
        (None, Value::Object(_) | Value::Array(_)) => "application/json",
        (None, _) if is_binary(schema) || is_encoded(schema) => OCTETS,
        (None, _) => TEXT,
    }
}

fn is_binary(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("format")?.as_str()) == Some("binary")
}

/// Whether the text that is given stands for bytes: it is sent as it is given.
fn is_encoded(schema: Option<&Value>) -> bool {
    let is_byte = schema.and_then(|schema| schema.get("format")?.as_str()) == Some("byte");
    is_byte || schema.is_some_and(|schema| schema.get("contentEncoding").is_some())
}

/// The schema of a property, as the body says it or one of the parts that it is put together from.
fn property<'a>(operation: &'a Operation, schema: &'a Value, name: &str, depth: usize) -> Option<&'a Value> {
    let schema = operation.resolve(schema)?;
    let own = schema.get("properties").and_then(|properties| properties.get(name));
    if let Some(own) = own {
        return operation.resolve(own);
    }
    let parts = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < MAX_DEPTH)?;
    parts.iter().find_map(|part| property(operation, part, name, depth + 1))
}

/// A name in quotes, as browsers write it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}

/// A boundary that no part holds. It depends on nothing but the parts: the same body is written the same again.
fn boundary(parts: &[Part]) -> String {
    let all = parts.iter().flat_map(|part| part.name.bytes().chain(part.written.bytes.iter().copied()));
    // FNV-1a.
    let number = all.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    free(number, parts)
}

/// The first boundary from this number on that no part holds.
fn free(mut number: u64, parts: &[Part]) -> String {
    loop {
        let boundary = format!("naftiko-{number:016x}");
        let holds = |part: &Part| contains(&part.written.bytes, boundary.as_bytes());
        if !parts.iter().any(holds) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_holds_the_boundary() {
        let part = |text: &str| Part {
            name: "a".to_owned(),
            is_file: false,
            written: Written { content_type: TEXT.to_owned(), bytes: text.as_bytes().to_vec() },
        };
        let parts = [part("--naftiko-0000000000000005--"), part("xnaftiko-0000000000000006"), part("")];
        assert_eq!(free(5, &parts), "naftiko-0000000000000007");
        assert_eq!(boundary(&parts), boundary(&parts), "the same parts have the same boundary");
        assert_ne!(boundary(&parts), boundary(&parts[..2][..1]));
    }
}
