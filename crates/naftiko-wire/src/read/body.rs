//! Parses a body in the media type that its request names.

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Encoding, Operation, RequestBody, Style};
use serde_json::{Map, Value};

use super::{decoded, of_pairs, pairs, parts};
use crate::charset::from_charset;
use crate::expected::Expected;
use crate::media_type::{is_form, is_multipart};
use crate::schema;

/// The body of a request; `None` if there is none. `content_type` is the header of the request, or `None` if it is
/// missing.
///
/// # Errors
/// The reason why the body cannot be parsed, in one line.
pub fn body(
    operation: &Operation,
    content_type: Option<&str>,
    bytes: &[u8],
) -> Result<Option<Value>, String> {
    let Some(spec) = &operation.body else { return Ok(None) };
    let said = content_type.unwrap_or(&spec.content_type);
    let essence = essence(said);
    let is_empty = bytes.is_empty();
    if is_empty && (content_type.is_none() || is_json(&essence) || essence == "*/*") {
        return Ok(None);
    }
    let text =
        || from_charset(said, bytes).ok_or_else(|| "the body is not text of its character set".to_owned());
    if is_json(&essence) || essence == "*/*" {
        let json = serde_json::from_slice(bytes);
        return json.map(Some).map_err(|error| format!("the body is not JSON: {error}"));
    }
    if is_form(&essence) {
        return form(operation, &spec.schema, &spec.encoding, &text()?).map(Some);
    }
    if is_multipart(&essence) {
        return parts::read(operation, spec, said, bytes).map(Some);
    }
    if essence.starts_with("text/") {
        return Ok(Some(Expected::of(operation, &spec.schema).scalar(text()?)));
    }
    Ok(Some(bytes_as_text(spec, said, bytes)))
}

/// Bytes in the form in which an author supplies them: a string if they are text, otherwise a `data:` URL.
fn bytes_as_text(spec: &RequestBody, content_type: &str, bytes: &[u8]) -> Value {
    match from_charset(content_type, bytes) {
        Some(text) if !text.starts_with("data:") => Value::String(text),
        _ => {
            let described = essence(&spec.content_type);
            let said = essence(content_type);
            parts::data_url(if said == described { "" } else { &said }, bytes)
        }
    }
}

/// Parses a form; each property is parsed by its schema and its encoding.
pub(super) fn form(
    operation: &Operation,
    schema: &Value,
    encoding: &IndexMap<String, Encoding>,
    text: &str,
) -> Result<Value, String> {
    let expected = Expected::of(operation, schema);
    let schema_of = |name: &str| property(operation, schema, name);
    let mut pairs = pairs(text);
    let mut fields = Map::new();
    for (name, encoding) in encoding {
        let Some(value) = encoded(operation, name, encoding, schema_of(name), &pairs)? else { continue };
        let deep = format!("{name}[");
        // The fields of an exploded object are fields of the form itself.
        let is_exploded = encoding.explode && encoding.style.is_some_and(|style| style != Style::DeepObject);
        let is_field = |known: &str| is_exploded && value.get(known).is_some();
        let is_own = |known: &str| known == name || known.starts_with(&deep) || is_field(known);
        pairs.retain(|(known, _)| !is_own(known));
        fields.insert(name.clone(), value);
    }
    let mut lists: IndexMap<String, Vec<String>> = IndexMap::new();
    for (name, raw) in pairs {
        lists.entry(name).or_default().push(decoded(&raw));
    }
    for (name, texts) in lists {
        let expected = expected.object().map(|object| object.entry(&name)).unwrap_or_default();
        let value = in_order(&expected, texts);
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

/// The value of a property with one field per item. If the schema expects no list, the last field is used.
fn in_order(expected: &Expected<'_>, texts: Vec<String>) -> Value {
    let is_many = texts.len() > 1;
    match expected.items().filter(|_| is_many || !expected.is_scalar() && expected.object().is_none()) {
        Some(items) => texts.into_iter().map(|text| items.scalar(text)).collect(),
        None => texts.into_iter().last().map_or(Value::Null, |text| expected.scalar(text)),
    }
}

/// The value of a property with an encoding; `None` if the encoding does not determine how it is parsed, or it is
/// missing.
fn encoded(
    operation: &Operation,
    name: &str,
    encoding: &Encoding,
    schema: &Value,
    pairs: &[(String, String)],
) -> Result<Option<Value>, String> {
    if let Some(parameter) = encoding.as_query_parameter(name) {
        return of_pairs(operation, &parameter, schema, pairs, &[]);
    }
    if !encoding.content_type.as_deref().is_some_and(|content_type| is_json(&essence(content_type))) {
        return Ok(None);
    }
    let mut own = pairs.iter().filter(|(known, _)| known == name).map(|(_, raw)| decoded(raw));
    let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    if !encoding.explode {
        return Ok(own.next().map(json));
    }
    let items: Vec<Value> = own.map(json).collect();
    let is_list = Expected::of(operation, schema).items().is_some();
    Ok(if is_list { Some(Value::Array(items)) } else { items.into_iter().next() })
}

/// The schema of a property of an object.
pub(super) fn property<'a>(operation: &'a Operation, schema: &'a Value, name: &str) -> &'a Value {
    const ANY: &Value = &Value::Bool(true);
    schema::property(operation, schema, name).unwrap_or(ANY)
}
