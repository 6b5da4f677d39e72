//! What came back, decoded.

use encoding_rs::Encoding;
use indexmap::IndexMap;
use naftiko_adapter::Response;
use naftiko_adapter::media_type::{essence, is_json};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::compression::{self, decompressed};
use naftiko_wire::charset;

/// The most that is read of one answer, before and after decompression.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Why an answer cannot be used.
pub(crate) enum Trouble {
    /// It broke off.
    Broken(reqwest::Error),
    /// It came whole and makes no sense.
    Unreadable(String),
}

/// Reads an answer to its end.
pub(crate) async fn read(mut response: reqwest::Response) -> Result<Response, Trouble> {
    // What says itself that it is too long is not waited for.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > MOST_BYTES) {
        return Err(Trouble::Unreadable(too_long()));
    }
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::Broken)? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(Trouble::Unreadable(too_long()));
        }
        bytes.extend_from_slice(&chunk);
    }
    let body = decode(response.status(), response.headers(), bytes).map_err(Trouble::Unreadable)?;
    Ok(Response::new(response.status().as_u16(), headers(response.headers()), body))
}

fn too_long() -> String {
    format!("it is longer than {} MiB", MOST_BYTES / (1024 * 1024))
}

fn headers(map: &HeaderMap) -> IndexMap<String, String> {
    let mut headers: IndexMap<String, String> = IndexMap::new();
    for (name, value) in map {
        let value = String::from_utf8(value.as_bytes().to_vec()).unwrap_or_else(|_| latin(value.as_bytes()));
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    headers
}

/// The body as JSON; what is text becomes a string. An answer that already says that it failed is never turned into
/// another failure because of its body: then text is what can be made of it.
fn decode(status: StatusCode, headers: &HeaderMap, bytes: Vec<u8>) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let encodings: Vec<&str> =
        headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes = match decompressed(&encodings.join(","), bytes, MOST_BYTES) {
        Ok(bytes) => bytes,
        Err(_) if !status.is_success() => return Ok(Value::Null),
        Err(compression::Trouble::TooLong) => return Err(too_long()),
        Err(compression::Trouble::Unreadable(reason)) => return Err(reason),
    };
    decode_type(content_type, &bytes).or_else(|reason| {
        if status.is_success() { Err(reason) } else { Ok(Value::from(String::from_utf8_lossy(&bytes))) }
    })
}

fn decode_type(content_type: &str, bytes: &[u8]) -> Result<Value, String> {
    let text = text(content_type, bytes);
    let essence = essence(content_type);
    if is_json(&essence) {
        let text = text.ok_or("it is not JSON: it is not text")?;
        if text.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        // The parser's words name a line and a column and never show the text.
        return serde_json::from_str(&text).map_err(|error| format!("it is not JSON: {error}"));
    }
    let text = text.ok_or_else(|| "it is neither JSON nor text in the character set it names".to_owned())?;
    if essence.is_empty()
        && let Ok(value) = serde_json::from_str(&text)
    {
        return Ok(value);
    }
    Ok(Value::from(text))
}

/// The text that `bytes` are: UTF-8, or in the character set that the media type names; `None` if they are none.
fn text(content_type: &str, bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Bytes below 0x80 mean something else in a few of them.
        let is_plain = charset(content_type)
            .and_then(|label| Encoding::for_label(label.as_bytes()))
            .is_none_or(|encoding| {
                encoding == encoding_rs::UTF_8 || (encoding.is_ascii_compatible() && text.is_ascii())
            });
        if is_plain {
            return Some(text.to_owned());
        }
    }
    let encoding = Encoding::for_label(charset(content_type)?.as_bytes())?;
    let (text, _, is_broken) = encoding.decode(bytes);
    (!is_broken).then(|| text.into_owned())
}

/// Text of ISO 8859-1, where each byte is a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
