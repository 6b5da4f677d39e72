//! How a body is written in the media type of its operation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Failure, Operation, RequestBody};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::multipart::multipart;
use crate::style::{self, refused, text, visible};

/// A body, ready to be sent.
pub(crate) struct Written {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Writes `value` as `spec` says.
pub(crate) fn write(operation: &Operation, spec: &RequestBody, value: &Value) -> Result<Written, Failure> {
    if !visible(&spec.content_type) {
        return Err(refused("the media type of the body has a character that a header cannot carry"));
    }
    let essence = essence(&spec.content_type);
    let mut content_type = spec.content_type.clone();
    let bytes = match essence.as_str() {
        "*/*" => {
            "application/json".clone_into(&mut content_type);
            json(value)?
        }
        "application/x-www-form-urlencoded" => form(spec, value)?,
        "multipart/form-data" => return multipart(operation, spec, value),
        essence if is_json(essence) => json(value)?,
        other if other.starts_with("multipart/") => {
            return Err(refused(format!("a body of the media type `{other}` cannot be written")));
        }
        _ => single("body", &spec.content_type, value)?.bytes,
    };
    Ok(Written { content_type, bytes })
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

/// A value in a media type of its own. `name` is what it is called in messages.
pub(crate) fn single(name: &str, content_type: &str, value: &Value) -> Result<Written, Failure> {
    let essence = essence(content_type);
    let written = |content_type: &str, bytes| Ok(Written { content_type: content_type.to_owned(), bytes });
    if is_json(&essence) {
        return written(content_type, json(value)?);
    }
    if let Some(charset) =
        charset(content_type).filter(|set| !matches!(set.as_str(), "utf-8" | "utf8" | "us-ascii"))
    {
        return Err(refused(format!("`{name}` cannot be written in the character set `{charset}`")));
    }
    if essence.starts_with("text/") {
        return written(content_type, text(name, value)?.into_bytes());
    }
    let Value::String(given) = value else {
        return Err(refused(format!("`{name}` has to be text to be sent as `{essence}`")));
    };
    match data(given) {
        Some(data) => {
            // What the data says of itself is more than a range of media types says.
            let known = data.media_type.filter(|_| essence.contains('*') || essence == OCTETS);
            written(known.unwrap_or(content_type), data.bytes)
        }
        None => written(content_type, given.clone().into_bytes()),
    }
}

/// The media type of bytes of which nothing is known.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// What a `data:` URL holds.
struct Data<'a> {
    media_type: Option<&'a str>,
    bytes: Vec<u8>,
}

/// The bytes of a `data:` URL in base64: how an author gives a file that is not text.
fn data(text: &str) -> Option<Data<'_>> {
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    let bytes = STANDARD.decode(data).ok()?;
    let media_type = Some(media_type).filter(|it| it.contains('/') && visible(it));
    Some(Data { media_type, bytes })
}

fn json(value: &Value) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|_| refused("the body cannot be written as JSON"))
}

/// Name and value pairs. A list is one pair an item, what is an object is written as JSON, and what has an encoding of
/// its own as that says.
fn form(spec: &RequestBody, value: &Value) -> Result<Vec<u8>, Failure> {
    let Value::Object(entries) = value else {
        return Err(refused("a form body has to be an object"));
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let encoding = spec.encoding.get(name);
        if let Some(styled) = encoding.and_then(|encoding| encoding.as_query_parameter(name)) {
            pairs.push(style::query(&styled, value)?);
            continue;
        }
        let content_type = encoding.and_then(|encoding| encoding.content_type.as_deref());
        for value in items(name, value, content_type)? {
            pairs.push(pair(name, &form_text(name, content_type, value)?));
        }
    }
    Ok(pairs.join("&").into_bytes())
}

/// What is written one by one: the items of a list, unless the list has a media type as a whole.
fn items<'a>(name: &str, value: &'a Value, content_type: Option<&str>) -> Result<Vec<&'a Value>, Failure> {
    match value {
        Value::Array(items) if content_type.is_none() => {
            if items.is_empty() {
                return Err(refused(format!("`{name}` is empty, which has no written form")));
            }
            Ok(items.iter().collect())
        }
        single => Ok(vec![single]),
    }
}

fn form_text(name: &str, content_type: Option<&str>, value: &Value) -> Result<String, Failure> {
    let content_type = match content_type {
        Some(content_type) => content_type,
        None if value.is_object() => "application/json",
        None => "text/plain",
    };
    let bytes = single(name, content_type, value)?.bytes;
    String::from_utf8(bytes).map_err(|_| refused(format!("`{name}` is not text, and a form holds only text")))
}

fn pair(name: &str, value: &str) -> String {
    Serializer::new(String::new()).append_pair(name, value).finish()
}
