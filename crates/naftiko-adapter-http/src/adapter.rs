//! The HTTP adapter: sends one request and returns one response or one failure.

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
use crate::endpoint::{Door, Endpoint};
use crate::error::BuildError;
use crate::nodes::NodeBudget;
use crate::poster::Poster;
use crate::refused;
use crate::transport::{Message, Proxies, Transport};
use naftiko_wire::is_field_value;
use naftiko_wire::{ArgumentSchemas, RequestParts, render};

/// The time limit of an attempt if neither the call nor the builder sets one.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How far an attempt may exceed its limit. The inner limit of the request expires first and reports how far the call
/// got.
const SLACK: Duration = Duration::from_millis(500);

/// An adapter that carries out operations over HTTP.
///
/// Work that grows with the size of an argument or a response runs on the blocking threads of tokio, so a call needs a
/// tokio runtime.
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
    /// Returns a builder without endpoints.
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
    /// Sets the endpoint at which the operations of `provider` are carried out.
    #[must_use]
    pub fn endpoint(mut self, provider: impl Into<String>, endpoint: Endpoint) -> Self {
        self.endpoints.insert(provider.into(), endpoint);
        self
    }

    /// Sets the time limit of attempts that have no limit of their own; the default is 30 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Allows a host that the egress policy would deny, such as a host over `http` or in a private network.
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

    /// Adds certificates (PEM) to trust in addition to those of the system. Messages name their source `file`.
    #[must_use]
    pub fn certificates(mut self, file: impl Into<String>, pem: Vec<u8>) -> Self {
        self.certificates.push((file.into(), pem));
        self
    }

    /// Sets whether a response that deviates from its description is a failure; by default the deviation is only
    /// reported.
    #[must_use]
    pub fn strict_responses(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the budget of values for responses, which several adapters can share. By default the adapter has its own
    /// budget of [`NodeBudget::DEFAULT`] values.
    #[must_use]
    pub fn nodes(mut self, budget: NodeBudget) -> Self {
        self.nodes = budget;
        self
    }

    /// Sets the collection of secrets. The adapter adds the credentials of its endpoints to it and masks all its
    /// secrets in every response, including those of other adapters and channels that share it.
    #[must_use]
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets the resolver of host names, in place of the operating system.
    #[cfg(test)]
    pub(crate) fn lookup(mut self, lookup: Arc<dyn Lookup>) -> Self {
        self.lookup = lookup;
        self
    }

    /// Builds a [`Poster`] instead of an adapter. The poster may post to the hosts of these URLs and to allowed hosts.
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
    /// [`Denied`] when the text is not a host, or the host may not be contacted.
    pub fn guard(self, host: &str, port: u16) -> Result<HostGuard, Denied> {
        let parsed = Host::parse(host).map_err(|_| Denied::NoHost { host: host.to_owned() })?;
        HostGuard::new(Egress::new(self.allowed), self.lookup, parsed, port)
    }

    /// Builds the adapter.
    ///
    /// # Errors
    /// A [`BuildError`] when an endpoint is invalid or denied, or HTTP cannot be set up.
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

/// The URLs to which requests for an endpoint are sent: the base URL and the token URL.
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
            // A response may hold a credential of any provider, so it is masked before it is used.
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

    /// Renders the request of a call. Fails if the arguments do not fit the description.
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

    /// Sends a message with the credential of the provider. After a response 401, sends it once more with a newer
    /// token.
    async fn admitted(&self, message: &Message, door: &Door, limit: Duration) -> Result<Received, Failure> {
        let time = Time::of(limit);
        let shown = time.to_prepare(door.keeper.show(&self.transport, limit)).await?;
        let received = self.send_with(message, &shown, door, &time).await?;
        if received.status != StatusCode::UNAUTHORIZED {
            return Ok(received);
        }
        // The provider rejected the request without carrying it out, so the second request cannot repeat an effect.
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
        // The operator approved the credential for the server of the base URL only.
        if message.url.origin().ascii_serialization() != door.host {
            return Err(refused(format!(
                "the request would go to another server than `{}`, with its credential",
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

/// The time limit of an attempt, including the fetching of its credential.
struct Time {
    limit: Duration,
    end: Instant,
}

impl Time {
    fn of(limit: Duration) -> Self {
        Self { limit, end: deadline(limit.saturating_add(SLACK)) }
    }

    /// Waits for a credential. A timeout is `NotSent`, since the call itself has not been sent.
    async fn to_prepare<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let late = || {
            let message = format!("the credential was not available within {:?}", self.limit);
            Failure::new(FailureKind::NotSent, message)
        };
        timeout_at(self.end, work).await.unwrap_or_else(|_| Err(late()))
    }

    /// Waits for a response. A timeout is `Unknown`: the call may have had an effect.
    async fn to_answer<T>(
        &self,
        host: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let late = || {
            let message = format!("no response from `{host}` within {:?}", self.limit);
            Failure::new(FailureKind::Unknown, message)
        };
        timeout_at(self.end, work).await.unwrap_or_else(|_| Err(late()))
    }
}

/// The failure for a response that deviates from its description. It is `Unusable`: a further attempt would return a
/// response that deviates too.
fn departed(host: &str, Departure { pointer, expected }: &Departure) -> Failure {
    let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    let message = format!("the response of `{host}` deviates from its description{at}: {expected}");
    Failure::new(FailureKind::Unusable, message)
}

fn headers(call: &Call, parts: &RequestParts) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let key = idempotency(call)?;
    // A key that the author passed as an argument takes precedence.
    let key = key.filter(|(name, _)| !parts.headers.iter().any(|(given, _)| given == name));
    for (name, value) in parts.headers.iter().cloned().chain(key) {
        let refuse = || refused(format!("the header `{name}` cannot be written"));
        let header = HeaderName::try_from(&name).map_err(|_| refuse())?;
        headers.insert(header, HeaderValue::try_from(value).map_err(|_| refuse())?);
    }
    Ok(headers)
}

/// The idempotency header of the call, if the operation defines one and the call has a key.
fn idempotency(call: &Call) -> Result<Option<(String, String)>, Failure> {
    let (Some(name), Some(key)) = (&call.operation.idempotency_key, &call.idempotency_key) else {
        return Ok(None);
    };
    if key.is_empty() || !is_field_value(key) {
        return Err(refused("the idempotency key cannot be sent in a header"));
    }
    Ok(Some((name.to_ascii_lowercase(), key.clone())))
}
