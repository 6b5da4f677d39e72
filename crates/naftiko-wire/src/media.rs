//! Writes a whole value in one media type.

use naftiko_adapter::media_type::{essence, is_json};
use serde_json::Value;

use crate::charset::{in_charset, is_utf8};
use crate::data_url;
use crate::flat::text;
use crate::media_type::{OCTETS, concrete, is_opaque, is_within};
use crate::refusal::Problem;

/// A value encoded for sending.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) content_type: String,
    /// The name of the file that the bytes came from, if known.
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Written {
    fn new(content_type: &str, bytes: Vec<u8>) -> Self {
        Self { content_type: content_type.to_owned(), file_name: None, bytes }
    }
}

/// Encodes a value in a media type, which may be a range such as `image/*`. `name` names the value in messages;
/// `is_binary` means that the value is bytes whatever the media type is.
pub(crate) fn write(
    name: &str,
    content_type: &str,
    value: &Value,
    is_binary: bool,
) -> Result<Written, Problem> {
    let (sent, range) = (concrete(content_type), essence(content_type));
    let kind = essence(sent);
    if is_json(&kind) && !is_binary {
        return Ok(Written::new(sent, json(value, content_type)?));
    }
    if !is_opaque(&kind) && !is_binary {
        return Ok(Written::new(sent, in_charset(name, content_type, text_of(name, value)?)?));
    }
    let Value::String(given) = value else {
        return Err(Problem::new(format!("`{name}` must be text to be sent as `{range}`")));
    };
    let Some(data) = data_url::read(name, given) else {
        return Ok(Written::new(sent, in_charset(name, content_type, given.clone())?));
    };
    let data = data?;
    // The media type of the URL is more specific than a range.
    let known = data.media_type.filter(|known| kind == OCTETS && range == kind || is_within(known, &range));
    let content_type = known.unwrap_or_else(|| sent.to_owned());
    Ok(Written { content_type, file_name: data.file_name, bytes: data.bytes })
}

/// A scalar as plain text; rejects a list or an object.
fn text_of(name: &str, value: &Value) -> Result<String, Problem> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            Err(Problem::new(format!("`{name}` must be text, found a list or an object")))
        }
        scalar => text(name, scalar),
    }
}

/// A value as JSON, which is UTF-8 (RFC 8259 §8.1). If the media type names another character set, only ASCII is
/// written, which most character sets share.
fn json(value: &Value, content_type: &str) -> Result<Vec<u8>, Problem> {
    let written =
        serde_json::to_string(value).map_err(|_| Problem::new("the value cannot be written as JSON"))?;
    Ok(if is_utf8(content_type) { written } else { ascii(&written) }.into_bytes())
}

/// Escapes the characters of a JSON text that are not ASCII.
pub(crate) fn ascii(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            written.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            written.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    written
}
