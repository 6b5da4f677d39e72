//! What came back, decoded.

use indexmap::IndexMap;
use naftiko_adapter::Response;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::body::{charset, essence, is_json};

/// The most that is read of one answer.
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
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::Broken)? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            let reason = format!("it is longer than {} MiB", MOST_BYTES / (1024 * 1024));
            return Err(Trouble::Unreadable(reason));
        }
        bytes.extend_from_slice(&chunk);
    }
    let body = decode(response.status(), response.headers(), &bytes).map_err(Trouble::Unreadable)?;
    Ok(Response { status: response.status().as_u16(), headers: headers(response.headers()), body })
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
fn decode(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Result<Value, String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let decoded = match header(CONTENT_ENCODING) {
        "" | "identity" => decode_type(header(CONTENT_TYPE), bytes),
        encoding => Err(format!("it is encoded as `{encoding}`, which was not asked for")),
    };
    decoded.or_else(|reason| {
        if status.is_success() { Err(reason) } else { Ok(Value::from(String::from_utf8_lossy(bytes))) }
    })
}

fn decode_type(content_type: &str, bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let essence = essence(content_type);
    if is_json(&essence) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        // The parser's words name a line and a column and never show the text.
        return serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"));
    }
    if essence.is_empty()
        && let Ok(value) = serde_json::from_slice(bytes)
    {
        return Ok(value);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Value::from(text)),
        Err(_) if charset(content_type).is_some_and(|set| set == "iso-8859-1") => {
            Ok(Value::from(latin(bytes)))
        }
        Err(_) => Err("it is neither JSON nor UTF-8 text".to_owned()),
    }
}

/// Text of ISO 8859-1, where each byte is a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
