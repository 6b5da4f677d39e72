//! The HTTP server of `naftiko mock`: turns requests into calls to the mock, and its results into responses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use naftiko_adapter_mock::{Fault, MockAdapter, Received, Router, Said, Unroutable};
use naftiko_check::{CredentialPlace, Offer};
use naftiko_engine::Cancellation;
use naftiko_text::{Printable, printable, shell_word};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::exit::{Exit, Stop};
use crate::listener::{self, BodyError, Exchange, Hosts, Limits, Respond, Response};
use crate::mock::fault::Faults;
use crate::screen::Screen;
use crate::world;

/// The maximum length of a request body, in bytes.
const MOST_BYTES: usize = 32 << 20;
/// The number of similar routes that a 404 response lists.
const NEAREST: usize = 3;

/// Simulates providers.
pub(super) struct Server {
    providers: Vec<Provider>,
    adapter: MockAdapter,
    faults: Faults,
}

/// A server at an address, with the host names that it accepts.
struct Served {
    server: Arc<Server>,
    hosts: Hosts,
}

struct Provider {
    id: String,
    credential: CredentialPlace,
    router: Router,
}

/// The outcome of a request.
#[derive(Default)]
struct Decided {
    /// The delay before the response.
    delay: Duration,
    /// The response; `None`: the connection is closed without one.
    answer: Option<Answer>,
}

/// A response as it is sent.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Server {
    pub(super) fn new(offers: Vec<Offer>, adapter: MockAdapter, faults: Faults) -> Self {
        let providers = offers.into_iter().map(|offer| Provider {
            id: offer.provider,
            credential: offer.credential,
            router: Router::new(offer.operations),
        });
        Self { providers: providers.collect(), adapter, faults }
    }

    /// Serves until a signal ends it. `names` are accepted as host names in addition to those of this machine.
    ///
    /// # Errors
    /// If the port is not available, or the line that reports it cannot be written.
    pub(super) async fn serve(self, port: u16, names: &[String], screen: &mut Screen) -> Result<Exit, Stop> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let refused = |error| Stop::Usage(format!("cannot listen on port {port}: {error}"));
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let stopped = Cancellation::new();
        let stop = stopped.clone();
        let heard = move || if stop.is_cancelled() { world::leave(Exit::Done) } else { stop.cancel() };
        world::on_stop_signal(heard)
            .map_err(|error| Stop::Usage(format!("signals cannot be received: {error}")))?;
        screen.result(&self.greeting(address))?;
        let served = Served { server: Arc::new(self), hosts: Hosts::new(address.ip(), names) };
        let limits = Limits::for_this_process(MOST_BYTES);
        tokio::select! {
            () = listener::serve(listener, Arc::new(served), limits) => {}
            () = stopped.cancelled() => {}
        }
        Ok(Exit::Done)
    }

    /// One line per provider with its URL, as an option for `run`.
    fn greeting(&self, address: SocketAddr) -> Printable {
        let mut text = Printable::new();
        for provider in &self.providers {
            let (id, prefix) = (&provider.id, self.prefix(provider));
            let word = shell_word(format!("{id}=http://{address}{prefix}"));
            text.push(&printable!("--base-url {}\n", word));
        }
        text
    }

    /// The path prefix of a provider; empty if there is only one provider.
    fn prefix(&self, provider: &Provider) -> String {
        if self.providers.len() == 1 { String::new() } else { format!("/{}", provider.id) }
    }

    /// Decides the outcome of a request, and logs it.
    fn decide(&self, parts: &Parts, body: Result<Bytes, BodyError>) -> Decided {
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let method = parts.method.as_str();
        let decided = match body {
            Ok(body) => self.answer(&Received { method, target, headers: &headers, body: &body }),
            Err(BodyError::TooLong | BodyError::Broken) => {
                Decided::at_once(problem(413, "the body is too large or incomplete", &[]))
            }
            Err(BodyError::TooSlow) => Decided::at_once(problem(408, "the body did not arrive in time", &[])),
        };
        // The query is not logged, since it may hold a credential.
        let path = target.split('?').next().unwrap_or_default();
        let status =
            decided.answer.as_ref().map_or_else(|| "no answer".to_owned(), |it| it.status.to_string());
        tell(&printable!("{} {} {}\n", method, path, status));
        decided
    }

    fn answer(&self, request: &Received<'_>) -> Decided {
        let Some((provider, target)) = self.provider(request.target) else {
            let prefixes: Vec<String> = self.providers.iter().map(|it| self.prefix(it)).collect();
            return Decided::at_once(problem(404, "there is no such provider", &prefixes));
        };
        if !provider.lets_in(request) {
            let mut answer =
                problem(401, "the request has no credentials; any credentials are accepted", &[]);
            answer.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
            return Decided::at_once(answer);
        }
        let request = Received { target, ..*request };
        let call = match provider.router.receive(&request) {
            Ok(call) => call,
            Err(refused) => return Decided::at_once(provider.refuse(&request, refused)),
        };
        if self.faults.is_the_end(&call.operation) {
            // The call takes effect, but its caller gets no response.
            let _unheard = self.adapter.say(&call);
            tell(&printable!("{} crash\n", call.operation.id));
            world::leave(Exit::Failed);
        }
        match self.adapter.say(&call) {
            Ok(Said { delay, answer }) => {
                let answer = match answer {
                    Ok(response) => Some(Answer::of(response)),
                    Err(Fault::Garbage) => Some(Answer::garbage()),
                    Err(Fault::Connect | Fault::Drop) => None,
                };
                Decided { delay, answer }
            }
            Err(failure) => Decided::at_once(problem(400, &failure.message, &[])),
        }
    }

    /// The provider that a request is for, and the target below the provider's prefix.
    fn provider<'t>(&self, target: &'t str) -> Option<(&Provider, &'t str)> {
        self.providers.iter().find_map(|provider| {
            let rest = target.strip_prefix(&self.prefix(provider))?;
            (rest.starts_with('/')).then_some((provider, rest))
        })
    }
}

impl Respond for Served {
    async fn respond(&self, mut exchange: Exchange) -> Option<Response> {
        if !self.hosts.admit(&exchange.parts) {
            tell(&"rejected a request for another host\n".into());
            let why = "this host is not served; allow it with `--host NAME`";
            return Some(problem(421, why, &[]).into_response());
        }
        let body = exchange.body().await;
        let (server, parts) = (Arc::clone(&self.server), exchange.parts.clone());
        let decided = exchange.compute(move || server.decide(&parts, body)).await.unwrap_or_default();
        tokio::time::sleep(decided.delay).await;
        decided.answer.map(Answer::into_response)
    }
}

impl Decided {
    fn at_once(answer: Answer) -> Self {
        Self { delay: Duration::ZERO, answer: Some(answer) }
    }
}

impl Provider {
    /// Whether a request has any credential, if the provider requires one.
    fn lets_in(&self, request: &Received<'_>) -> bool {
        let header = |name: &str| {
            let named =
                |(known, value): &&(String, String)| known.eq_ignore_ascii_case(name) && !value.is_empty();
            request.headers.iter().find(named).map(|(_, value)| value.as_str())
        };
        let has_pair = |text: &str, separator: char, wanted: &str| {
            let mut pairs = text.split(separator).filter_map(|pair| pair.trim().split_once('='));
            pairs.any(|(name, value)| name == wanted && !value.is_empty())
        };
        match &self.credential {
            CredentialPlace::Nowhere => true,
            CredentialPlace::Authorization => header("authorization").is_some(),
            CredentialPlace::Header(name) => header(name).is_some(),
            CredentialPlace::Cookie(name) => header("cookie").is_some_and(|all| has_pair(all, ';', name)),
            CredentialPlace::Query(name) => {
                request.target.split_once('?').is_some_and(|(_, query)| has_pair(query, '&', name))
            }
        }
    }

    fn refuse(&self, request: &Received<'_>, refused: Unroutable) -> Answer {
        let path = request.target.split('?').next().unwrap_or_default();
        match refused {
            Unroutable::Query(why) | Unroutable::Body(why) => problem(400, &why, &[]),
            Unroutable::OtherMethods(methods) => {
                let names: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
                let message = format!("`{path}` supports {}, not {}", names.join(", "), request.method);
                let mut answer = problem(405, &message, &[]);
                answer.headers.push(("allow".to_owned(), names.join(", ")));
                answer
            }
            Unroutable::NoPath => {
                let message = format!("there is no `{} {path}`", request.method);
                problem(404, &message, &self.nearest(request.method, path))
            }
        }
    }

    /// The routes that are most similar to a path.
    fn nearest(&self, method: &str, path: &str) -> Vec<String> {
        let mut routes: Vec<(usize, String)> = self
            .router
            .routes()
            .map(|(known, template)| {
                let same_method = usize::from(known.as_str() == method);
                let route = format!("{} {template}", known.as_str());
                (in_common(template, path) * 2 + same_method, route)
            })
            .filter(|(score, _)| *score > 1)
            .collect();
        routes.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        routes.into_iter().take(NEAREST).map(|(_, route)| route).collect()
    }
}

/// The similarity of a path and a template: counts the words in common, and an equal number of words.
fn in_common(template: &str, path: &str) -> usize {
    let words = |path: &str| path.split('/').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let (template, path): (Vec<String>, Vec<String>) = (words(template), words(path));
    let is_near = |one: &String, other: &String| {
        one == other || naftiko_diagnostics::nearest(one, [other.as_str()]).is_some()
    };
    let shared = template.iter().zip(&path).filter(|(one, other)| is_near(one, other)).count();
    if shared == 0 { 0 } else { shared * 2 + usize::from(template.len() == path.len()) }
}

impl Answer {
    fn of(response: naftiko_adapter::Response) -> Self {
        let bodiless = response.status == 204 || response.status == 304;
        let has_type = response.headers.contains_key("content-type");
        let body = match &*response.body {
            _ if bodiless => Vec::new(),
            Value::Null if !has_type => Vec::new(),
            Value::String(text) if !is_json(&response) => text.clone().into_bytes(),
            body => body.to_string().into_bytes(),
        };
        let mut headers: Vec<(String, String)> = response.headers.into_iter().collect();
        if !body.is_empty() && !has_type {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Self { status: response.status, headers, body }
    }

    fn garbage() -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status: 200, headers, body: b"{\"garbage".to_vec() }
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            // Headers that are not valid in HTTP are left out.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn is_json(response: &naftiko_adapter::Response) -> bool {
    let said = response.headers.get("content-type").map(|it| it.to_ascii_lowercase()).unwrap_or_default();
    said.is_empty() || said.contains("json") || said.starts_with("*/*")
}

/// A problem document as in RFC 9457.
fn problem(status: u16, detail: &str, nearest: &[String]) -> Answer {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut body = json!({"title": title, "status": status, "detail": detail});
    if let (false, Some(fields)) = (nearest.is_empty(), body.as_object_mut()) {
        fields.insert("nearest".to_owned(), nearest.into());
    }
    let headers = vec![(CONTENT_TYPE.as_str().to_owned(), "application/problem+json".to_owned())];
    Answer { status, headers, body: body.to_string().into_bytes() }
}

/// Writes a line of the log. A failed write is ignored.
fn tell(text: &Printable) {
    let _unwritten = world::Stream::Err.write(text);
}
