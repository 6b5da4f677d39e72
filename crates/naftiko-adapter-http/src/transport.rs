//! The HTTP transport of this process: sends the requests of operations, token requests and posted messages.
//!
//! The [`egress`](crate::egress) policy decides which hosts are contacted, before a request and again when its name is
//! resolved. The transport does not retry and stores no cookies.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use naftiko_adapter::{Failure, FailureKind, Secrets, shortage_in};
use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Method, NoProxy, Proxy, redirect};
use tokio::time::Instant;
use url::Url;

use crate::answer::{self, Received};
use crate::blocking::off_thread;
use crate::compression;
use crate::deadline::deadline;
use crate::egress::{Denied, Egress, Lookup, Pinned, Reach};
use crate::error::BuildError;
use crate::mask::basic_mask;
use crate::nodes::NodeBudget;
use crate::redirect::{MOST, next};
use crate::refused;

/// How far an attempt may exceed its limit, so that the limit for connecting expires first: then it is certain that
/// nothing was sent.
const GRACE: Duration = Duration::from_millis(100);
/// The time for which an idle connection is reused: after longer, the other end may close it just as it is used again.
const IDLE: Duration = Duration::from_secs(15);
/// The maximum number of cached clients. Each has its own connect limit and reach.
const MOST_CLIENTS: usize = 16;
/// The maximum number of header fields of a response.
const MOST_HEADERS: usize = 1000;
/// The maximum size of a response header over HTTP/2, as RFC 9113 §10.5.1 counts it.
const LARGEST_HEADER: u32 = 256 * 1024;
/// Hosts that are never contacted through a proxy, which would resolve them to its own machine.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// The proxies that requests go through, as the operator's environment names them.
#[derive(Clone, Default)]
pub struct Proxies {
    /// The proxy for `http` URLs.
    pub http: Option<Url>,
    /// The proxy for `https` URLs.
    pub https: Option<Url>,
    /// The hosts that are contacted directly, in the format of `NO_PROXY`.
    pub none_for: String,
}

impl fmt::Debug for Proxies {
    /// Shows only the origins, since the URL of a proxy may carry a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = |url: &Option<Url>| url.as_ref().map(|url| url.origin().ascii_serialization());
        f.debug_struct("Proxies")
            .field("http", &origin(&self.http))
            .field("https", &origin(&self.https))
            .field("none_for", &self.none_for)
            .finish()
    }
}

/// A complete request.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

/// Sends requests to the hosts that the egress policy permits.
pub(crate) struct Transport {
    egress: Arc<Egress>,
    lookup: Arc<dyn Lookup>,
    proxies: Vec<Proxy>,
    certificates: Vec<Certificate>,
    /// The budget for the values of responses.
    pub(crate) nodes: NodeBudget,
    secrets: Secrets,
    clients: Mutex<IndexMap<(Duration, Reach), Client>>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("egress", &self.egress).finish_non_exhaustive()
    }
}

impl Transport {
    /// Creates a transport with this egress policy and these proxies, which trusts these certificates (PEM) in addition
    /// to those of the system.
    ///
    /// # Errors
    /// A [`BuildError`] when a proxy or a certificate cannot be used, or no cryptography provider is installed.
    pub(crate) fn new(
        mut egress: Egress,
        lookup: Arc<dyn Lookup>,
        proxies: &Proxies,
        certificates: &[(String, Vec<u8>)],
        nodes: NodeBudget,
        secrets: Secrets,
    ) -> Result<Self, BuildError> {
        // Without a cryptography provider, building a client would panic.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(BuildError::NoCryptography);
        }
        for url in [&proxies.http, &proxies.https].into_iter().flatten() {
            egress.through(url);
            if let Some(password) = url.password() {
                let password = percent_decode_str(password).decode_utf8_lossy();
                secrets.add(&basic_mask(url.username(), &password));
            }
        }
        Ok(Self {
            egress: Arc::new(egress),
            lookup,
            proxies: through(proxies)?,
            certificates: trusted(certificates)?,
            nodes,
            secrets,
            clients: Mutex::default(),
        })
    }

    /// The secrets to mask in responses.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Checks that the policy permits `url`, as far as possible before its name is resolved, and that a client can be
    /// built. This reports errors when the adapter is built rather than during a run.
    ///
    /// # Errors
    /// The reason why `url` cannot be contacted.
    pub(crate) fn prepare(&self, provider: &str, url: &Url, limit: Duration) -> Result<(), BuildError> {
        let denied = |denied| BuildError::Denied { provider: provider.to_owned(), denied };
        let reach = self.egress.permit(url).map_err(denied)?;
        self.client(limit, reach).map(|_| ())
    }

    /// Builds the client for `url` and this limit on a blocking thread, since building it reads files. Nothing is sent,
    /// and no time limit applies.
    ///
    /// # Errors
    /// A refusal if the policy denies `url`, or a local shortage.
    pub(crate) async fn ready(self: &Arc<Self>, url: &Url, limit: Duration) -> Result<(), Failure> {
        let reach = self.egress.permit(url).map_err(|denied| refused(denied.to_string()))?;
        let transport = Arc::clone(self);
        off_thread(move || transport.client(limit, reach).map(|_| ()).map_err(|error| no_client(&error)))
            .await
    }

    /// Checks whether the policy permits `url`, as far as possible before its name is resolved.
    ///
    /// # Errors
    /// The reason for the denial.
    pub(crate) fn permit(&self, url: &Url) -> Result<(), Denied> {
        self.egress.permit(url).map(|_| ())
    }

    /// Sends a message once, follows safe redirects, and receives the response, whatever its status.
    ///
    /// # Errors
    /// A failure that says how far the message got; it is refused if the policy denies the URL.
    pub(crate) async fn exchange(&self, message: Message, limit: Duration) -> Result<Received, Failure> {
        let (response, host) = self.respond(message, limit).await?;
        answer::receive(response).await.map_err(|error| unanswered(&host, limit, &error.without_url()))
    }

    /// As [`exchange`](Self::exchange), but returns only the status and does not read the body.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub(crate) async fn status(&self, message: Message, limit: Duration) -> Result<u16, Failure> {
        self.respond(message, limit).await.map(|(response, _)| response.status().as_u16())
    }

    /// Sends a message and returns the response before its body, with the origin of the server.
    async fn respond(
        &self,
        mut message: Message,
        limit: Duration,
    ) -> Result<(reqwest::Response, String), Failure> {
        message.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(compression::ACCEPTED));
        let deadline = deadline(limit.saturating_add(GRACE));
        let mut followed = 0;
        loop {
            let reach = self.egress.permit(&message.url).map_err(|denied| refused(denied.to_string()))?;
            let client = self.client(limit, reach).map_err(|error| no_client(&error))?;
            let host = message.url.origin().ascii_serialization();
            let unanswered = |error: reqwest::Error| unanswered(&host, limit, &error.without_url());
            let mut request = client
                .request(message.method.clone(), message.url.clone())
                .headers(message.headers.clone())
                .timeout(deadline.saturating_duration_since(Instant::now()));
            if let Some(body) = &message.body {
                request = request.body(body.clone());
            }
            let response = request.send().await.map_err(unanswered)?;
            let sent_on = next(&message.method, &message.url, response.status(), response.headers());
            if let Some(next) = sent_on.filter(|_| followed < MOST) {
                followed += 1;
                message.method = next.method;
                message.url = next.url;
                if !next.keeps_body {
                    message.body = None;
                    message.headers.remove(CONTENT_TYPE);
                }
                continue;
            }
            return Ok((response, host));
        }
    }

    /// The cached or new client with this connect limit and reach.
    fn client(&self, limit: Duration, reach: Reach) -> Result<Client, BuildError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(limit, reach)) {
            return Ok(client.clone());
        }
        let client = self.connect(limit, reach)?;
        if clients.len() >= MOST_CLIENTS {
            clients.shift_remove_index(0);
        }
        clients.insert((limit, reach), client.clone());
        Ok(client)
    }

    fn connect(&self, limit: Duration, reach: Reach) -> Result<Client, BuildError> {
        let resolver = Pinned { egress: Arc::clone(&self.egress), reach, lookup: Arc::clone(&self.lookup) };
        let builder = Client::builder()
            .user_agent(concat!("naftiko/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limit)
            .pool_idle_timeout(IDLE)
            .http1_max_headers(MOST_HEADERS)
            .http2_max_header_list_size(LARGEST_HEADER)
            .dns_resolver(resolver)
            .tls_certs_merge(self.certificates.iter().cloned())
            // Proxies from the environment are passed in explicitly by the operator, so reqwest must not read them.
            .no_proxy();
        let builder = self.proxies.iter().cloned().fold(builder, reqwest::ClientBuilder::proxy);
        builder.build().map_err(|error| BuildError::Client { reason: cause(&error.without_url()) })
    }
}

fn through(proxies: &Proxies) -> Result<Vec<Proxy>, BuildError> {
    let none_for = format!("{THIS_MACHINE},{}", proxies.none_for);
    let none_for = NoProxy::from_string(&none_for);
    let of = |url: &Option<Url>, make: fn(Url) -> reqwest::Result<Proxy>| {
        let url = url.clone()?;
        if !matches!(url.scheme(), "http" | "https") {
            return Some(Err(BuildError::Proxy { scheme: url.scheme().to_owned() }));
        }
        let proxy = make(url).map(|proxy| proxy.no_proxy(none_for.clone()));
        Some(proxy.map_err(|error| BuildError::Client { reason: cause(&error.without_url()) }))
    };
    [of(&proxies.http, Proxy::http), of(&proxies.https, Proxy::https)].into_iter().flatten().collect()
}

fn trusted(files: &[(String, Vec<u8>)]) -> Result<Vec<Certificate>, BuildError> {
    let mut trusted = Vec::new();
    for (file, pem) in files {
        let found = Certificate::from_pem_bundle(pem).ok().filter(|found| !found.is_empty());
        trusted.extend(found.ok_or_else(|| BuildError::Certificates { file: file.clone() })?);
    }
    Ok(trusted)
}

/// The failure when no client can be built. The settings were checked before, so this machine lacks resources.
fn no_client(error: &BuildError) -> Failure {
    Failure::new(FailureKind::LocalShortage, error.to_string())
}

/// The failure for a message without a response. Only an error while connecting, TLS included, proves that nothing was
/// sent.
fn unanswered(host: &str, limit: Duration, error: &reqwest::Error) -> Failure {
    if let Some(denied) = sources(error).find_map(|source| source.downcast_ref::<Denied>()) {
        return refused(denied.to_string());
    }
    if error.is_builder() {
        return refused(format!("the request to `{host}` cannot be written: {}", cause(error)));
    }
    if let Some(lacking) = shortage_in(error) {
        let kind = if error.is_connect() { FailureKind::LocalShortage } else { FailureKind::CutOff };
        let cause = cause(error);
        return Failure::new(kind, format!("this machine lacks {}: `{host}`: {cause}", lacking.as_str()));
    }
    let (kind, message) = match (error.is_connect(), error.is_timeout()) {
        (true, true) => (FailureKind::NotSent, format!("no connection to `{host}` within {limit:?}")),
        (true, false) => (FailureKind::NotSent, format!("no connection to `{host}`: {}", cause(error))),
        (false, true) => (FailureKind::Unknown, format!("no response from `{host}` within {limit:?}")),
        (false, false) => {
            let cause = cause(error);
            (
                FailureKind::Unknown,
                format!("the connection to `{host}` was closed before the response was complete: {cause}"),
            )
        }
    };
    Failure::new(kind, message)
}

/// An error and its sources, the outermost first.
fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The message of the innermost error, which names the actual cause.
fn cause(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}
