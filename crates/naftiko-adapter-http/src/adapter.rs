//! The adapter itself: one request, then one answer or one honest failure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use naftiko_adapter::{Adapter, Call, Departure, Failure, FailureKind, Response, Secrets};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::answer::{Asked, Received};
use crate::blocking::off_thread;
use crate::credential::Shown;
use crate::deadline::deadline;
use crate::departures::{MOST as MOST_DEPARTURES, Schemas};
use crate::egress::{AllowedHost, Denied, Egress, HostGuard, Lookup, System};
use crate::endpoint::{BuildError, Door, Endpoint};
use crate::nodes::NodeBudget;
use crate::poster::Poster;
use crate::refused;
use crate::transport::{Message, Proxies, Transport};
use naftiko_wire::is_field_value;
use naftiko_wire::{ArgumentSchemas, RequestParts, render};

/// How long an attempt may take when nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What an attempt may take beyond its limit, so that what is sent runs into a limit of its own first and says how far it
/// came.
const SLACK: Duration = Duration::from_millis(500);

/// Carries operations out over HTTP.
///
/// Nothing that takes time in proportion to an argument or an answer is done on the thread that it is called from: it
/// needs the blocking threads of a tokio runtime.
pub struct HttpAdapter {
    doors: IndexMap<String, Door>,
    timeout: Duration,
    transport: Arc<Transport>,
    arguments: Arc<ArgumentSchemas>,
    schemas: Arc<Schemas>,
    strict: bool,
}

/// Builds an [`HttpAdapter`].
#[derive(Debug, Clone)]
pub struct Builder {
    endpoints: IndexMap<String, Endpoint>,
    timeout: Duration,
    allowed: Vec<AllowedHost>,
    proxies: Proxies,
    certificates: Vec<(String, Vec<u8>)>,
    strict: bool,
    nodes: NodeBudget,
    secrets: Secrets,
    lookup: Arc<dyn Lookup>,
}

impl HttpAdapter {
    /// A builder of an adapter, without endpoints yet.
    pub fn builder() -> Builder {
        Builder {
            endpoints: IndexMap::new(),
            timeout: TIMEOUT,
            allowed: Vec::new(),
            proxies: Proxies::default(),
            certificates: Vec::new(),
            strict: false,
            nodes: NodeBudget::default(),
            secrets: Secrets::default(),
            lookup: Arc::new(System),
        }
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
    /// Sets where the operations of `provider` are carried out.
    #[must_use]
    pub fn endpoint(mut self, provider: impl Into<String>, endpoint: Endpoint) -> Self {
        self.endpoints.insert(provider.into(), endpoint);
        self
    }

    /// Sets how long an attempt without a limit of its own may take; the default is 30 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Allows a host that the egress policy would deny: over `http`, or in a private network.
    #[must_use]
    pub fn allow(mut self, host: AllowedHost) -> Self {
        self.allowed.push(host);
        self
    }

    /// Sets the proxies that requests go through; by default there are none.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Adds certificates (PEM) to trust besides those of the system; messages call them `file`.
    #[must_use]
    pub fn certificates(mut self, file: impl Into<String>, pem: Vec<u8>) -> Self {
        self.certificates.push((file.into(), pem));
        self
    }

    /// Sets whether an answer that departs from its description is a failure; by default it is only reported.
    #[must_use]
    pub fn strict_responses(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the budget of values for answers, which adapters may share; by default it has
    /// [`NodeBudget::DEFAULT`] values of its own.
    #[must_use]
    pub fn nodes(mut self, budget: NodeBudget) -> Self {
        self.nodes = budget;
        self
    }

    /// Sets where the credentials of all endpoints are added, and what is masked in all answers: also the secrets of
    /// other adapters and channels that share it.
    #[must_use]
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// What finds the addresses of names, in place of the operating system.
    #[cfg(test)]
    pub(crate) fn lookup(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.lookup = lookup;
        self
    }

    /// Builds a [`Poster`] instead of an adapter, which may post to the hosts of these URLs and to allowed hosts.
    ///
    /// # Errors
    /// A [`BuildError`] when HTTP cannot be set up.
    pub fn poster<'u>(self, named: impl IntoIterator<Item = &'u Url>) -> Result<Poster, BuildError> {
        let mut egress = Egress::new(self.allowed);
        named.into_iter().for_each(|url| egress.name(url));
        let transport =
            Transport::new(egress, self.lookup, &self.proxies, &self.certificates, self.nodes, self.secrets)?;
        Ok(Poster::new(transport, self.timeout))
    }

    /// Builds a [`HostGuard`] instead of an adapter, for a server that does not speak HTTP. `host` is a name or an
    /// address in any form that a URL takes; an IPv6 address has brackets.
    ///
    /// # Errors
    /// [`Denied`] when the host is none, or may not be contacted.
    pub fn guard(self, host: &str, port: u16) -> Result<HostGuard, Denied> {
        let parsed = Host::parse(host).map_err(|_| Denied::NoHost { host: host.to_owned() })?;
        HostGuard::new(Egress::new(self.allowed), self.lookup, parsed, port)
    }

    /// Builds the adapter.
    ///
    /// # Errors
    /// A [`BuildError`] when an endpoint cannot be used or is denied, or HTTP cannot be set up at all.
    pub fn build(self) -> Result<HttpAdapter, BuildError> {
        let mut doors = IndexMap::new();
        let mut egress = Egress::new(self.allowed);
        for (provider, endpoint) in &self.endpoints {
            doors.insert(provider.clone(), Door::open(provider, endpoint, &self.secrets)?);
            addresses(endpoint).for_each(|url| egress.name(url));
        }
        let transport =
            Transport::new(egress, self.lookup, &self.proxies, &self.certificates, self.nodes, self.secrets)?;
        for (provider, endpoint) in &self.endpoints {
            for url in addresses(endpoint) {
                transport.prepare(provider, url, self.timeout)?;
            }
        }
        Ok(HttpAdapter {
            doors,
            timeout: self.timeout,
            transport: Arc::new(transport),
            arguments: Arc::default(),
            schemas: Arc::default(),
            strict: self.strict,
        })
    }
}

/// Where requests for an endpoint go, those for its tokens too.
fn addresses(endpoint: &Endpoint) -> impl Iterator<Item = &Url> {
    std::iter::once(&endpoint.base_url).chain(endpoint.credential.token_url())
}

#[async_trait]
impl Adapter for HttpAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let provider = &call.operation.provider;
        let Some(door) = self.doors.get(provider) else {
            return Err(refused(format!("there is no endpoint for the provider `{provider}`")));
        };
        let outcome = self.attempt(call, door).await;
        let Err(failure) = outcome else { return outcome };
        let mask = self.transport.secrets().mask();
        off_thread(move || Err(mask.failure(&failure))).await
    }
}

impl HttpAdapter {
    async fn attempt(&self, call: &Call, door: &Door) -> Result<Response, Failure> {
        let parts = self.written(call).await?;
        let Some(url) = door.url(&parts.path_and_query) else {
            return Err(refused(format!("the path of `{}` cannot be written as a URL", call.operation.id)));
        };
        let method = reqwest::Method::from_bytes(parts.method.as_str().as_bytes())
            .map_err(|_| refused("the method cannot be written"))?;
        let headers = headers(call, &parts)?;
        let message = Message { method, url, headers, body: parts.body };
        let limit = call.timeout.unwrap_or(self.timeout);
        self.transport.ready(&message.url, limit).await?;
        let received = if call.operation.is_public {
            self.send(message, door, &Time::of(limit)).await?
        } else {
            self.admitted(&message, door, limit).await?
        };
        let asked = Asked { host: door.host.clone(), operation: Some(Arc::clone(&call.operation)) };
        let (operation, schemas, strict) =
            (Arc::clone(&call.operation), Arc::clone(&self.schemas), self.strict);
        let host = door.host.clone();
        let mask = self.transport.secrets().mask();
        let check = move |response: Response| {
            // Nothing reads an answer that may hold a credential, of whatever provider.
            let mut response = mask.response(response);
            response.departures.extend(schemas.response(&operation, &response));
            response.departures.truncate(MOST_DEPARTURES);
            match response.departures.first() {
                Some(first) if strict => Err(departed(&host, first)),
                _ => Ok(response),
            }
        };
        received.decoded(asked, &self.transport.nodes, check).await
    }

    /// The request of a call, once its arguments are found to fit the description.
    async fn written(&self, call: &Call) -> Result<RequestParts, Failure> {
        let (schemas, operation) = (Arc::clone(&self.arguments), Arc::clone(&call.operation));
        let arguments = call.arguments.clone();
        off_thread(move || {
            let parts = render(&operation, &arguments)?;
            schemas.check(&operation, &arguments)?;
            Ok(parts)
        })
        .await
    }

    /// Sends a message with what lets it in.
    async fn admitted(&self, message: &Message, door: &Door, limit: Duration) -> Result<Received, Failure> {
        let time = Time::of(limit);
        let shown = time.to_prepare(door.keeper.show(&self.transport, limit)).await?;
        let received = self.send_with(message, &shown, door, &time).await?;
        if received.status != StatusCode::UNAUTHORIZED {
            return Ok(received);
        }
        // It was not carried out: what is sent once more with a newer token is sent for the first time.
        let renewed = door.keeper.renew(&shown, &self.transport, limit);
        match time.to_prepare(renewed).await? {
            Some(renewed) => self.send_with(message, &renewed, door, &time).await,
            None => Ok(received),
        }
    }

    async fn send_with(
        &self,
        message: &Message,
        shown: &Shown,
        door: &Door,
        time: &Time,
    ) -> Result<Received, Failure> {
        let mut message = message.clone();
        // The operator approved the credential for the server of the base URL, and for no other.
        if message.url.origin().ascii_serialization() != door.host {
            return Err(refused(format!(
                "the request would leave `{}`, and its credential with it",
                door.host
            )));
        }
        shown.put_on(&mut message)?;
        self.send(message, door, time).await
    }

    async fn send(&self, message: Message, door: &Door, time: &Time) -> Result<Received, Failure> {
        time.to_answer(&door.host, self.transport.exchange(message, time.limit)).await
    }
}

/// How long an attempt may take, with everything that it needs.
struct Time {
    limit: Duration,
    end: Instant,
}

impl Time {
    fn of(limit: Duration) -> Self {
        Self { limit, end: deadline(limit.saturating_add(SLACK)) }
    }

    /// Gets a credential in time, or nothing is sent.
    async fn to_prepare<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let late = || {
            let message = format!("the credential could not be had within {:?}", self.limit);
            Failure::new(FailureKind::NotSent, message)
        };
        timeout_at(self.end, work).await.unwrap_or_else(|_| Err(late()))
    }

    /// Gets an answer in time, or nobody knows.
    async fn to_answer<T>(
        &self,
        host: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let late = || {
            let message = format!("no answer from `{host}` within {:?}", self.limit);
            Failure::new(FailureKind::Unknown, message)
        };
        timeout_at(self.end, work).await.unwrap_or_else(|_| Err(late()))
    }
}

/// An answer that is not taken for one: another would not fit either.
fn departed(host: &str, Departure { pointer, expected }: &Departure) -> Failure {
    let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    let message = format!("the answer of `{host}` does not fit its description{at}: {expected}");
    Failure::new(FailureKind::Unusable, message)
}

fn headers(call: &Call, parts: &RequestParts) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let key = idempotency(call)?;
    // A key that the author gave as an argument stands.
    let key = key.filter(|(name, _)| !parts.headers.iter().any(|(given, _)| given == name));
    for (name, value) in parts.headers.iter().cloned().chain(key) {
        let refuse = || refused(format!("the header `{name}` cannot be written"));
        let header = HeaderName::try_from(&name).map_err(|_| refuse())?;
        headers.insert(header, HeaderValue::try_from(value).map_err(|_| refuse())?);
    }
    Ok(headers)
}

/// The header that makes a repeat harmless.
fn idempotency(call: &Call) -> Result<Option<(String, String)>, Failure> {
    let (Some(name), Some(key)) = (&call.operation.idempotency_key, &call.idempotency_key) else {
        return Ok(None);
    };
    if key.is_empty() || !is_field_value(key) {
        return Err(refused("the idempotency key is not one that a header can carry"));
    }
    Ok(Some((name.to_ascii_lowercase(), key.clone())))
}
