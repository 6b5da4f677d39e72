//! How a body is written in the media type of its operation.

use naftiko_adapter::{Failure, RequestBody};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::style::{refused, text, visible};

/// A body, ready to be sent.
pub(crate) struct Written {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Writes `value` as `spec` says.
pub(crate) fn write(spec: &RequestBody, value: &Value) -> Result<Written, Failure> {
    if !visible(&spec.content_type) {
        return Err(refused("the media type of the body has a character that a header cannot carry"));
    }
    let essence = essence(&spec.content_type);
    let content_type =
        if essence == "*/*" { "application/json".to_owned() } else { spec.content_type.clone() };
    let bytes = match essence.as_str() {
        "*/*" => json(value)?,
        "application/x-www-form-urlencoded" => form(value)?,
        "text/plain" => plain(spec, value)?,
        essence if is_json(essence) => json(value)?,
        other => return Err(refused(format!("a body of the media type `{other}` cannot be written"))),
    };
    Ok(Written { content_type, bytes })
}

/// The media type without its parameters, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether `essence` is JSON by its name.
pub(crate) fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

/// The `charset` of a media type, in lower case.
pub(crate) fn charset(content_type: &str) -> Option<String> {
    let (_, parameters) = content_type.split_once(';')?;
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

fn json(value: &Value) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|_| refused("the body cannot be written as JSON"))
}

fn plain(spec: &RequestBody, value: &Value) -> Result<Vec<u8>, Failure> {
    if let Some(charset) = charset(&spec.content_type)
        && !matches!(charset.as_str(), "utf-8" | "utf8")
    {
        return Err(refused(format!("a body of the character set `{charset}` cannot be written")));
    }
    text("body", value).map(String::into_bytes)
}

/// Name and value pairs; a list is one pair an item.
fn form(value: &Value) -> Result<Vec<u8>, Failure> {
    let Value::Object(entries) = value else {
        return Err(refused("a form body has to be an object"));
    };
    let mut form = Serializer::new(String::new());
    for (name, value) in entries {
        match value {
            Value::Array(items) if items.is_empty() => {
                return Err(refused(format!("`{name}` is empty, which has no written form")));
            }
            Value::Array(items) => {
                for item in items {
                    form.append_pair(name, &text(name, item)?);
                }
            }
            Value::Object(_) => {
                return Err(refused(format!(
                    "`{name}` is an object, which has no written form in a form body"
                )));
            }
            other => {
                form.append_pair(name, &text(name, other)?);
            }
        }
    }
    Ok(form.finish().into_bytes())
}
