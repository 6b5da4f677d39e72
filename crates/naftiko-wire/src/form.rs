//! Forms: `application/x-www-form-urlencoded`.

use std::collections::HashMap;

use indexmap::IndexMap;
use naftiko_adapter::{Encoding, Operation};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::charset::is_utf8;
use crate::flat::empty;
use crate::media;
use crate::media_type::{JSON, TEXT, first_of};
use crate::parameter::taken;
use crate::query::{self, Part};
use crate::refusal::Problem;
use crate::schema;

/// The encoded parts of a form. A property with a style is written like a query parameter. Any other property is
/// written in its media type; a list becomes one part per item unless its encoding has a media type for the whole list.
///
/// Rejects two properties that would share a name, as an entry of an exploded object can have the name of another
/// property.
pub(crate) fn write(
    operation: &Operation,
    schema: &Value,
    encoding: &IndexMap<String, Encoding>,
    content_type: &str,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    let Value::Object(entries) = value else {
        return Err(Problem::new("a form must be an object"));
    };
    let mut parts = Vec::with_capacity(entries.len());
    let mut owners: HashMap<Option<String>, &str> = HashMap::new();
    for (name, value) in entries {
        let property = property(operation, schema, name, encoding.get(name), value);
        let written = property.and_then(|written| {
            for part in &written {
                let owner = owners.entry(part.name.clone()).or_insert(name);
                if *owner != name {
                    return Err(taken(name, "another property"));
                }
            }
            let is_writable = is_utf8(content_type) || written.iter().all(is_ascii);
            if is_writable { Ok(written) } else { Err(Problem::new(only_ascii(name))) }
        });
        parts.extend(written.map_err(|problem| problem.within(name))?);
    }
    Ok(parts)
}

fn property(
    operation: &Operation,
    schema: &Value,
    name: &str,
    encoding: Option<&Encoding>,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    if let Some(styled) = encoding.and_then(|encoding| encoding.as_query_parameter(name)) {
        let schema = schema::property(operation, schema, name).unwrap_or(&Value::Null);
        return query::write(operation, &styled, schema, value);
    }
    let content_type = encoding.and_then(|encoding| encoding.content_type.as_deref()).and_then(first_of);
    let is_whole = content_type.is_some() && !encoding.is_some_and(|encoding| encoding.explode);
    match value {
        Value::Array(items) if !is_whole && items.is_empty() => Err(empty(name)),
        Value::Array(items) if !is_whole => {
            let items = items.iter().enumerate();
            let parts =
                items.map(|(at, item)| part(name, content_type, item).map_err(|problem| problem.within(at)));
            parts.collect()
        }
        single => Ok(vec![part(name, content_type, single)?]),
    }
}

fn part(name: &str, content_type: Option<&str>, value: &Value) -> Result<Part, Problem> {
    let usual = if value.is_object() || value.is_array() { JSON } else { TEXT };
    let written = media::write(name, content_type.unwrap_or(usual), value, false)?;
    let text = String::from_utf8(written.bytes)
        .map_err(|_| Problem::new(format!("`{name}` is not text, and a form contains only text")))?;
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    Ok(Part { name: Some(encoded(name)), value: encoded(&text) })
}

/// Whether an encoded part contains only ASCII.
fn is_ascii(part: &Part) -> bool {
    let has_high_byte = |text: &str| {
        text.split('%')
            .skip(1)
            .any(|rest| rest.starts_with(|digit: char| matches!(digit, '8' | '9' | 'a'..='f' | 'A'..='F')))
    };
    !has_high_byte(&part.value) && !part.name.as_deref().is_some_and(has_high_byte)
}

fn only_ascii(name: &str) -> String {
    format!("`{name}` can only be ASCII, since the form is not in UTF-8")
}
