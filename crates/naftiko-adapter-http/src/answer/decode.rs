//! Decodes the bytes of a response body into a JSON value, a text or a `data:` URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;
use naftiko_adapter::media_type::{essence, is_json, is_text};
use naftiko_adapter::{Departure, ResponseSpec};
use naftiko_wire::charset;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::MOST_BYTES;
use crate::compression::{self, decompressed};
use crate::json::{Counted, Flaw, MOST_DEPTH};

/// The media type of bytes whose type is unknown.
const OCTETS: &str = "application/octet-stream";

/// The decoded body of a response, before JSON values are built.
pub(super) enum Content {
    None,
    Text(String),
    Json(Counted),
}

/// The reason why a body cannot be used.
pub(super) enum Trouble {
    /// The body exceeds the size limit.
    TooLong,
    /// The body has more values than the budget allows.
    TooMany,
    /// The body is invalid in a way that a further attempt would repeat. `answer` is its text.
    Permanent { reason: String, answer: String },
    /// The body cannot be decoded. `answer` is its text, if it has one.
    Unreadable { reason: String, answer: Option<String> },
}

impl Trouble {
    /// The text of the body, for a response whose status reports a failure; null if there is none.
    pub(super) fn text(self) -> Value {
        match self {
            Self::TooLong | Self::TooMany | Self::Unreadable { answer: None, .. } => Value::Null,
            Self::Permanent { answer, .. } | Self::Unreadable { answer: Some(answer), .. } => answer.into(),
        }
    }
}

/// Decodes the bytes of a body. `described` is the response that the description defines for its status; `most` is the
/// maximum number of values.
pub(super) fn content(
    headers: &HeaderMap,
    bytes: Vec<u8>,
    described: Option<&ResponseSpec>,
    most: usize,
) -> Result<Content, Trouble> {
    if bytes.is_empty() {
        return Ok(Content::None);
    }
    let encodings: Vec<&str> =
        headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let bytes = decompressed(&encodings.join(","), bytes, MOST_BYTES).map_err(|trouble| match trouble {
        compression::Trouble::TooLong => Trouble::TooLong,
        compression::Trouble::Unreadable(reason) => Trouble::Unreadable { reason, answer: None },
    })?;
    let content_type = content_type(headers);
    let essence = essence(content_type);
    let text = match text(content_type, bytes) {
        Ok(text) => text,
        Err(bytes) => return binary(&essence, &bytes, described).map(Content::Text),
    };
    if is_json(&essence) {
        return json(text, most);
    }
    // Without a media type, a text that parses as JSON is JSON.
    if essence.is_empty() {
        return match Counted::of(text.into_bytes(), most) {
            Ok(json) => Ok(Content::Json(json)),
            Err((Flaw::TooMany, _)) => Err(Trouble::TooMany),
            Err((Flaw::NotJson | Flaw::TooDeep, bytes)) => Ok(Content::Text(lossy(bytes))),
        };
    }
    Ok(Content::Text(text))
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn json(text: String, most: usize) -> Result<Content, Trouble> {
    if text.trim_ascii().is_empty() {
        return Ok(Content::None);
    }
    Counted::of(text.into_bytes(), most).map(Content::Json).map_err(|(flaw, bytes)| match flaw {
        Flaw::TooMany => Trouble::TooMany,
        Flaw::TooDeep => Trouble::Permanent {
            reason: format!("its lists and objects are nested more than {MOST_DEPTH} deep"),
            answer: lossy(bytes),
        },
        Flaw::NotJson => {
            let error = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).err();
            let error =
                error.map_or_else(|| "there is text after its end".to_owned(), |error| error.to_string());
            Trouble::Unreadable { reason: format!("it is not JSON: {error}"), answer: Some(lossy(bytes)) }
        }
    })
}

/// Builds the value of a JSON text. A text without a media type that turns out to be invalid JSON becomes a string.
pub(super) fn built(json: Counted, headers: &HeaderMap) -> Result<(Value, Vec<Departure>), Trouble> {
    json.build().or_else(|(error, bytes)| {
        if essence(content_type(headers)).is_empty() {
            return Ok((Value::String(lossy(bytes)), Vec::new()));
        }
        Err(Trouble::Unreadable { reason: format!("it is not JSON: {error}"), answer: Some(lossy(bytes)) })
    })
}

/// The bytes as text; invalid UTF-8 is replaced.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Bytes that are not text, as a `data:` URL. Fails if the media type of the response or its description promises text.
fn binary(essence: &str, bytes: &[u8], described: Option<&ResponseSpec>) -> Result<String, Trouble> {
    let media_type = if essence.is_empty() || essence.contains('*') { OCTETS } else { essence };
    let mut answer = format!("data:{media_type};base64,");
    STANDARD.encode_string(bytes, &mut answer);
    let claims_text = is_json(essence) || is_text(essence);
    if claims_text || described.is_some_and(describes_text) {
        let (expected, found) = if claims_text { (essence, "bytes") } else { ("text", media_type) };
        let reason = format!(
            "expected {expected}, found {} bytes of {found} that are not text in the character set it names",
            bytes.len()
        );
        return Err(Trouble::Permanent { reason, answer });
    }
    Ok(answer)
}

/// Whether a description promises JSON or text.
fn describes_text(spec: &ResponseSpec) -> bool {
    let essence = essence(spec.content_type.as_deref().unwrap_or_default());
    let format = spec.schema.as_ref().and_then(|schema| schema.get("format")).and_then(Value::as_str);
    (is_json(&essence) || is_text(&essence)) && format != Some("binary")
}

/// Decodes bytes as UTF-8, or by the character set that the media type names. Returns the bytes if both fail.
fn text(content_type: &str, mut bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let named = charset(content_type).and_then(|label| Encoding::for_label(label.as_bytes()));
    let is_utf8 = std::str::from_utf8(&bytes).is_ok();
    // In character sets that are not ASCII-compatible, bytes below 0x80 have other meanings.
    let is_plain = named.is_none_or(|encoding| {
        encoding == encoding_rs::UTF_8 || (encoding.is_ascii_compatible() && bytes.is_ascii())
    });
    if is_utf8 && is_plain {
        return String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes);
    }
    let decoded = named.map(|encoding| encoding.decode(&bytes)).filter(|(_, _, is_broken)| !is_broken);
    match decoded {
        Some((text, ..)) => Ok(text.into_owned()),
        None => Err(bytes),
    }
}
