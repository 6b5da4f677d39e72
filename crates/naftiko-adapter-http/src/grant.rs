//! The parameters of a token request, and the request and the response of the token endpoint (RFC 6749 §4.4 and §5).
//! Nothing is sent here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naftiko_adapter::{Failure, FailureKind, Mask, Response};
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::refused;
use crate::secret::Secret;
use crate::transport::Message;
use naftiko_wire::is_field_value;

/// The maximum length of a text from the token endpoint in a message, in characters.
const MESSAGE_LIMIT: usize = 300;

/// The maximum length of a token in bytes, as of any secret.
const LONGEST_TOKEN: usize = 64 * 1024;

/// The parameters of a token request.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The URL of the token endpoint.
    pub token_url: Url,
    /// The client's id.
    pub client_id: Secret,
    /// The client's secret.
    pub client_secret: Secret,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
    /// The scopes to request; empty for the provider's default.
    pub scopes: Vec<String>,
    /// The audience of the token, for providers that require one.
    pub audience: Option<String>,
}

/// How a client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the `Authorization` header: `client_secret_basic`.
    Basic,
    /// In the body: `client_secret_post`.
    Form,
}

/// Builds the token request.
pub(crate) fn request(
    ask: &ClientCredentials,
    id: &SecretString,
    secret: &SecretString,
) -> Result<Message, Failure> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    let mut headers = HeaderMap::new();
    match ask.client_auth {
        ClientAuth::Form => {
            form.append_pair("client_id", id.expose_secret());
            form.append_pair("client_secret", secret.expose_secret());
        }
        ClientAuth::Basic => {
            let (id, secret) = form_encoded(id, secret);
            let pair = STANDARD.encode(format!("{}:{}", id.expose_secret(), secret.expose_secret()));
            let mut value = HeaderValue::try_from(format!("Basic {pair}"))
                .map_err(|_| refused("the client's credentials cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }
    if !ask.scopes.is_empty() {
        form.append_pair("scope", &ask.scopes.join(" "));
    }
    if let Some(audience) = &ask.audience {
        form.append_pair("audience", audience);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let body = Some(form.finish().into_bytes());
    Ok(Message { method: Method::POST, url: ask.token_url.clone(), headers, body })
}

/// The id and the secret of the client, form-encoded: the header takes them in this form too (RFC 6749 §2.3.1).
pub(crate) fn form_encoded(id: &SecretString, secret: &SecretString) -> (SecretString, SecretString) {
    let encode =
        |text: &SecretString| byte_serialize(text.expose_secret().as_bytes()).collect::<String>().into();
    (encode(id), encode(secret))
}

/// A token as the provider issued it.
pub(crate) struct Granted {
    pub(crate) token: SecretString,
    /// The lifetime of the token; `None` if the response does not contain one.
    pub(crate) lives: Option<Duration>,
}

/// Reads the response of the token endpoint at `host`. The text of a failure is masked with `mask`.
pub(crate) fn read(host: &str, answer: &Response, mask: &Mask) -> Result<Granted, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(not_given(host, answer, mask));
    }
    let nonsense = |why: &str| refused(format!("`{host}` gave no token: {why}"));
    let text = |key: &str| answer.body.get(key).and_then(Value::as_str);
    let token = text("access_token").ok_or_else(|| nonsense("its response has no `access_token`"))?;
    if token.is_empty() || !is_field_value(token) {
        return Err(nonsense("its `access_token` is empty or has a character that a header cannot contain"));
    }
    if token.len() > LONGEST_TOKEN {
        return Err(nonsense("its `access_token` is longer than 64 KiB"));
    }
    if text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(nonsense("its `token_type` is not `Bearer`"));
    }
    Ok(Granted { token: token.into(), lives: answer.body.get("expires_in").and_then(seconds) })
}

/// A duration in seconds: a number or, from some providers, a text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// The failure for a response without a token. The statuses 408, 429 and 5xx allow a retry; all others do not.
fn not_given(host: &str, answer: &Response, mask: &Mask) -> Failure {
    let kind = match answer.status {
        408 | 429 | 500.. => FailureKind::NotSent,
        _ => FailureKind::Refused,
    };
    let text =
        |key: &str| answer.body.get(key).and_then(Value::as_str).map(|text| one_line(&mask.text(text)));
    let said = match (text("error"), text("error_description")) {
        (Some(error), Some(description)) => format!(": `{error}`: {description}"),
        (Some(error), None) => format!(": `{error}`"),
        (None, Some(description)) => format!(": {description}"),
        (None, None) => String::new(),
    };
    Failure::new(kind, format!("`{host}` gave no token and responded {}{said}", answer.status))
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
