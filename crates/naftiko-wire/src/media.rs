//! Writes a whole value in one media type.

use naftiko_adapter::media_type::{essence, is_json};
use serde_json::Value;

use crate::charset::{in_charset, is_utf8};
use crate::data_url;
use crate::flat::text;
use crate::refusal::Problem;

/// The media type of bytes of unknown type.
pub(crate) const OCTETS: &str = "application/octet-stream";
/// The media type of text without a more specific type.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

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

/// Whether values of a media type, given by its essence, are supplied as text that is sent unchanged, or as a `data:`
/// URL: all types except JSON and `text/*`.
pub(crate) fn is_opaque(essence: &str) -> bool {
    !is_json(essence) && !essence.starts_with("text/")
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
        return Err(Problem::new(format!("`{name}` has to be text to be sent as `{range}`")));
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
            Err(Problem::new(format!("`{name}` has to be text, and it is a list or an object")))
        }
        scalar => text(name, scalar),
    }
}

/// A value as JSON, which is UTF-8 (RFC 8259 §8.1). If the media type names another character set, only ASCII is
/// written, which most character sets share.
fn json(value: &Value, content_type: &str) -> Result<Vec<u8>, Problem> {
    let written =
        serde_json::to_string(value).map_err(|_| Problem::new("the value cannot be written as JSON"))?;
    Ok(if is_utf8(content_type) { written } else { crate::header::ascii(&written) }.into_bytes())
}

/// The value of a parameter of a media type, without quotes; the first one if the parameter occurs twice. `name` is in
/// lower case.
pub(crate) fn parameter_of(content_type: &str, name: &str) -> Option<String> {
    let (_, value) = pieces(content_type).into_iter().skip(1).find_map(|piece| named(piece, name))?;
    let Some(quoted) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let quoted = quoted.strip_suffix('"').unwrap_or(quoted);
    let (mut text, mut is_escaped) = (String::with_capacity(quoted.len()), false);
    for character in quoted.chars() {
        is_escaped = character == '\\' && !is_escaped;
        text.extend((!is_escaped).then_some(character));
    }
    Some(text)
}

/// The media type with a parameter removed. `name` is in lower case.
pub(crate) fn without_parameter(content_type: &str, name: &str) -> String {
    let kept: Vec<&str> = pieces(content_type)
        .into_iter()
        .enumerate()
        .filter(|(at, piece)| *at == 0 || named(piece, name).is_none())
        .map(|(_, piece)| piece)
        .collect();
    kept.join(";").trim_end().to_owned()
}

/// The name and value of a parameter, if it has this name in any case.
fn named<'t>(piece: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let (known, value) = piece.split_once('=')?;
    known.trim().eq_ignore_ascii_case(name).then(|| (known, value.trim()))
}

/// Splits a media type at the semicolons that are not in quotes.
fn pieces(content_type: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in content_type.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b';' if !is_quoted => {
                pieces.extend(content_type.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.extend(content_type.get(start..));
    pieces
}

/// The media type to send for a media type or range.
pub(crate) fn concrete(content_type: &str) -> &str {
    let essence = essence(content_type);
    match essence.as_str() {
        range if !range.contains('*') => content_type,
        "*/*" | "application/*" => JSON,
        json if json.ends_with("+json") => JSON,
        text if text.starts_with("text/") => "text/plain",
        multipart if multipart.starts_with("multipart/") => "multipart/form-data",
        _ => OCTETS,
    }
}

/// Whether a media type belongs to a range of media types, given by its essence.
pub(crate) fn is_within(media_type: &str, range: &str) -> bool {
    let media_type = essence(media_type);
    match range.split_once('*') {
        None => media_type == range,
        Some((before, after)) => {
            media_type.len() >= before.len() + after.trim_start_matches("/*").len()
                && media_type.starts_with(before)
                && (range == "*/*" || media_type.ends_with(after))
        }
    }
}
