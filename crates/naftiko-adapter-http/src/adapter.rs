//! The adapter itself: one request, one answer or one honest failure.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use naftiko_adapter::{Adapter, Call, Failure, FailureKind, Response};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};

use crate::answer::{self, Trouble};
use crate::endpoint::{BuildError, Door, Endpoint};
use crate::request::{RequestParts, render};
use crate::style::{refused, visible};

/// How long an attempt may take when nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What an attempt may take beyond its limit, so that a connection that is never made runs into its own limit first:
/// then it is known that nothing was sent.
const GRACE: Duration = Duration::from_millis(100);
/// A connection that has been idle for longer may be closed at the other end just as it is used again.
const IDLE: Duration = Duration::from_secs(15);
/// As many clients as are kept; each has its own limit for connecting.
const MOST_CLIENTS: usize = 16;

/// Carries operations out over HTTP.
pub struct HttpAdapter {
    doors: IndexMap<String, Door>,
    timeout: Duration,
    clients: Mutex<IndexMap<Duration, Client>>,
}

/// Puts an [`HttpAdapter`] together.
#[derive(Debug, Clone)]
pub struct Builder {
    endpoints: IndexMap<String, Endpoint>,
    timeout: Duration,
}

impl HttpAdapter {
    /// Begins an adapter without endpoints.
    pub fn builder() -> Builder {
        Builder { endpoints: IndexMap::new(), timeout: TIMEOUT }
    }

    /// The client whose limit for connecting is `limit`.
    fn client(&self, limit: Duration) -> Result<Client, BuildError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&limit) {
            return Ok(client.clone());
        }
        let client = client(limit)?;
        if clients.len() >= MOST_CLIENTS {
            clients.shift_remove_index(0);
        }
        clients.insert(limit, client.clone());
        Ok(client)
    }
}

impl fmt::Debug for HttpAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: IndexMap<_, _> =
            self.doors.iter().map(|(provider, door)| (provider, &door.host)).collect();
        f.debug_struct("HttpAdapter")
            .field("hosts", &hosts)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Where the operations of `provider` are carried out.
    #[must_use]
    pub fn endpoint(mut self, provider: impl Into<String>, endpoint: Endpoint) -> Self {
        self.endpoints.insert(provider.into(), endpoint);
        self
    }

    /// How long an attempt may take that has no limit of its own; 30 seconds unless told.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The adapter.
    ///
    /// # Errors
    /// A [`BuildError`] when an endpoint cannot be used, or HTTP cannot be spoken at all.
    pub fn build(self) -> Result<HttpAdapter, BuildError> {
        let mut doors = IndexMap::new();
        for (provider, endpoint) in &self.endpoints {
            doors.insert(provider.clone(), Door::open(provider, endpoint)?);
        }
        let clients = Mutex::new(IndexMap::from([(self.timeout, client(self.timeout)?)]));
        Ok(HttpAdapter { doors, timeout: self.timeout, clients })
    }
}

fn client(connect: Duration) -> Result<Client, BuildError> {
    // Without one, building the client would panic.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(BuildError::NoCryptography);
    }
    Client::builder()
        .user_agent(concat!("naftiko/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|error| BuildError::Client { reason: cause(&error.without_url()) })
}

#[async_trait]
impl Adapter for HttpAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let provider = &call.operation.provider;
        let Some(door) = self.doors.get(provider) else {
            return Err(refused(format!("there is no endpoint for the provider `{provider}`")));
        };
        match self.attempt(call, door).await {
            Ok(response) => Ok(door.mask.response(response)),
            Err(failure) => Err(door.mask.failure(&failure)),
        }
    }
}

impl HttpAdapter {
    async fn attempt(&self, call: &Call, door: &Door) -> Result<Response, Failure> {
        let parts = render(&call.operation, &call.arguments)?;
        let Some(url) = door.url(&parts.path_and_query) else {
            return Err(refused(format!("the path of `{}` cannot be written as a URL", call.operation.id)));
        };
        let method = reqwest::Method::from_bytes(parts.method.as_str().as_bytes())
            .map_err(|_| refused("the method cannot be written"))?;
        let headers = headers(call, door, &parts)?;
        let limit = call.timeout.unwrap_or(self.timeout);
        let client = self.client(limit).map_err(|error| refused(error.to_string()))?;
        let mut request = client.request(method, url).headers(headers).timeout(limit.saturating_add(GRACE));
        if let Some(body) = parts.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| unanswered(door, limit, &error.without_url()))?;
        answer::read(response).await.map_err(|trouble| match trouble {
            Trouble::Broken(error) => unanswered(door, limit, &error.without_url()),
            Trouble::Unreadable(reason) => {
                let message = format!("the answer of `{}` cannot be read: {reason}", door.host);
                Failure::new(FailureKind::Unreadable, message)
            }
        })
    }
}

fn headers(call: &Call, door: &Door, parts: &RequestParts) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let key = idempotency(call)?;
    // A key that the author gave as an argument stands.
    let key = key.filter(|(name, _)| !parts.headers.iter().any(|(given, _)| given == name));
    for (name, value) in parts.headers.iter().cloned().chain(key) {
        let refuse = || refused(format!("the header `{name}` cannot be written"));
        let header = HeaderName::try_from(&name).map_err(|_| refuse())?;
        headers.insert(header, HeaderValue::try_from(value).map_err(|_| refuse())?);
    }
    if let Some(authorization) = &door.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    Ok(headers)
}

/// The header that makes a repeat harmless.
fn idempotency(call: &Call) -> Result<Option<(String, String)>, Failure> {
    let (Some(name), Some(key)) = (&call.operation.idempotency_key, &call.idempotency_key) else {
        return Ok(None);
    };
    if key.is_empty() || !visible(key) {
        return Err(refused("the idempotency key is not one that a header can carry"));
    }
    Ok(Some((name.to_ascii_lowercase(), key.clone())))
}

/// How far a call came that brought no answer. An error of connecting, TLS included, is the only proof that nothing
/// was sent.
fn unanswered(door: &Door, limit: Duration, error: &reqwest::Error) -> Failure {
    let host = &door.host;
    if error.is_builder() {
        return refused(format!("the request to `{host}` cannot be written: {}", cause(error)));
    }
    let (kind, message) = match (error.is_connect(), error.is_timeout()) {
        (true, true) => (FailureKind::NotSent, format!("no connection to `{host}` within {limit:?}")),
        (true, false) => (FailureKind::NotSent, format!("no connection to `{host}`: {}", cause(error))),
        (false, true) => (FailureKind::Unknown, format!("no answer from `{host}` within {limit:?}")),
        (false, false) => {
            let cause = cause(error);
            (
                FailureKind::Unknown,
                format!("the connection to `{host}` broke before the answer was complete: {cause}"),
            )
        }
    };
    Failure::new(kind, message)
}

/// The innermost words of an error: what really happened.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
