//! Messages to a URL, signed according to Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! The id of a message is equal for all attempts to send it, so a receiver that remembers ids processes it once.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Mask, Question};
use ring::hmac;
use serde_json::Value;

use crate::question::{AnswerAddress, as_json, refused, text};

/// Posts messages: each one once, and only to allowed hosts.
#[async_trait]
pub trait Post: Send + Sync {
    /// Posts `body` to `url` and returns the status of the response.
    ///
    /// # Errors
    /// A [`Failure`] if there was no response, or nothing may be sent to this host.
    async fn post(&self, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<u16, Failure>;
}

/// The key that signs messages.
pub struct Key(hmac::Key);

/// A text that is not an acceptable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a key: expected `whsec_` and 24 to 64 bytes in base64, or a text of at least 24 characters"
)]
pub struct NoKey;

impl Key {
    /// Parses a key: `whsec_` and base64, or any other text as its bytes.
    ///
    /// # Errors
    /// [`NoKey`] for a malformed or guessable key.
    pub fn read(text: &str) -> Result<Self, NoKey> {
        let bytes = match text.trim().strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| NoKey)?,
            None => text.trim().as_bytes().to_vec(),
        };
        if bytes.len() < 24 {
            return Err(NoKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// A mask for a text that is a key, or was meant to be one.
    pub fn mask(text: &str) -> Mask {
        let mut mask = Mask::default();
        mask.hide_credential(text);
        if let Some(encoded) = text.trim().strip_prefix("whsec_") {
            mask.hide_credential(encoded);
        }
        mask
    }

    pub(crate) fn signature(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// Asks by posting to a URL.
pub struct Webhook {
    post: Arc<dyn Post>,
    key: Key,
    address: Arc<dyn AnswerAddress>,
    now: fn() -> SystemTime,
}

impl Webhook {
    /// Posts through `post` and signs with `key`; `address` returns the URL at which a message can be answered.
    pub fn new(
        post: Arc<dyn Post>,
        key: Key,
        address: Arc<dyn AnswerAddress>,
        now: fn() -> SystemTime,
    ) -> Self {
        Self { post, key, address, now }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let url = text(question, "url")?;
        let address = self.address.address(question);
        let body = as_json(question, address.as_ref()).to_string().into_bytes();
        let timestamp = (self.now)().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut headers = own_headers(question)?;
        headers.extend([
            ("content-type".to_owned(), "application/json".to_owned()),
            ("webhook-id".to_owned(), question.id.clone()),
            ("webhook-timestamp".to_owned(), timestamp.to_string()),
            ("webhook-signature".to_owned(), self.key.signature(&question.id, timestamp, &body)),
        ]);
        // An unreadable response does not tell whether the message was accepted.
        let unread = |failure: Failure| match failure.kind {
            FailureKind::Unreadable => Failure::new(FailureKind::Unknown, failure.message),
            _ => failure,
        };
        match self.post.post(url, &headers, body).await.map_err(unread)? {
            200..=299 => Ok(Answer::NotYet),
            status @ (408 | 425 | 429 | 500..=599) => {
                Err(Failure::new(FailureKind::NotSent, format!("the receiver responded with {status}")))
            }
            status => Err(refused(format!("the receiver responded with {status}"))),
        }
    }
}

/// The author's headers, which must not replace those of the signature.
fn own_headers(question: &Question) -> Result<Vec<(String, String)>, Failure> {
    let headers = match question.settings.get("headers") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(headers)) => headers,
        Some(_) => return Err(refused("its `headers` must be an object of texts")),
    };
    let mut own = Vec::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("webhook-")
            || matches!(lower.as_str(), "content-type" | "content-length" | "host")
        {
            return Err(refused(format!("the header `{name}` cannot be set by a document")));
        }
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => return Err(refused(format!("the header `{name}` is not a text"))),
        };
        own.push((lower, value));
    }
    Ok(own)
}
