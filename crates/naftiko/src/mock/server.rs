//! The server: requests in, calls to the mock, answers out.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use naftiko_adapter_mock::{Fault, MockAdapter, Received, Router, Said, Unroutable};
use naftiko_check::{CredentialPlace, Offer};
use naftiko_report::visible;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::exit::{Exit, Stop};
use crate::mock::fault::Faults;
use crate::screen::Screen;
use crate::world::{self, Stops};

/// As much as a body may have.
const MOST_BYTES: usize = 32 << 20;
/// As many routes as are named where there is none.
const NEAREST: usize = 3;

/// Stands in for providers.
pub(super) struct Server {
    providers: Vec<Provider>,
    adapter: MockAdapter,
    faults: Faults,
}

struct Provider {
    id: String,
    credential: CredentialPlace,
    router: Router,
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for Closed {}

/// An answer as it is sent.
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

    /// Listens until it is told to stop.
    ///
    /// # Errors
    /// When the port cannot be had, or nobody could be told which it is.
    pub(super) async fn serve(self, port: u16, screen: &mut Screen) -> Result<Exit, Stop> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let refused = |error| Stop::Usage(format!("the port {port} cannot be listened on: {error}"));
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        screen.result(&self.greeting(address))?;
        let server = Arc::new(self);
        let mut stops = Stops::new();
        loop {
            let stream = tokio::select! {
                () = stops.next() => return Ok(Exit::Done),
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // A caller that has gone again.
                    Err(_) => continue,
                },
            };
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let server = Arc::clone(&server);
                    async move { server.respond(request).await }
                });
                // That a connection is closed early may be what was asked for.
                let _closed = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    /// Where each provider is, and what to tell `run`.
    fn greeting(&self, address: SocketAddr) -> String {
        let mut text = String::new();
        for provider in &self.providers {
            let (id, prefix) = (&provider.id, self.prefix(provider));
            let _ = writeln!(text, "--base-url {id}=http://{address}{prefix}");
        }
        text
    }

    /// What stands before the paths of a provider: nothing where there is only one.
    fn prefix(&self, provider: &Provider) -> String {
        if self.providers.len() == 1 { String::new() } else { format!("/{}", provider.id) }
    }

    async fn respond(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let method = parts.method.as_str().to_owned();
        let answer = match Limited::new(body, MOST_BYTES).collect().await {
            Ok(body) => {
                let body = body.to_bytes();
                let request = Received { method: &method, target: &target, headers: &headers, body: &body };
                self.answer(&request).await
            }
            Err(_) => Some(problem(413, "the body is too large, or was cut off", &[])),
        };
        // The query may hold a credential.
        let path = target.split('?').next().unwrap_or_default();
        let said = answer.as_ref().map_or_else(|| "no answer".to_owned(), |it| it.status.to_string());
        tell(&format!("{method} {path} {said}\n"));
        answer.map(Answer::into_response).ok_or(Closed)
    }

    /// The answer to a request; `None` if the connection is closed instead.
    async fn answer(&self, request: &Received<'_>) -> Option<Answer> {
        let Some((provider, target)) = self.provider(request.target) else {
            let prefixes: Vec<String> = self.providers.iter().map(|it| self.prefix(it)).collect();
            return Some(problem(404, "there is no such provider", &prefixes));
        };
        if !provider.lets_in(request) {
            let mut answer = problem(401, "no credentials were sent; any are accepted", &[]);
            answer.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
            return Some(answer);
        }
        let request = Received { target, ..*request };
        let call = match provider.router.receive(&request) {
            Ok(call) => call,
            Err(refused) => return Some(provider.refuse(&request, refused)),
        };
        if self.faults.is_the_end(&call.operation) {
            // What was asked for happens, and nobody is told.
            let _unheard = self.adapter.say(&call);
            tell(&format!("{} crash\n", call.operation.id));
            world::leave(Exit::Failed);
        }
        match self.adapter.say(&call) {
            Ok(Said { delay, answer }) => {
                tokio::time::sleep(delay).await;
                match answer {
                    Ok(response) => Some(Answer::of(response)),
                    Err(Fault::Garbage) => Some(Answer::garbage()),
                    Err(Fault::Connect | Fault::Drop) => None,
                }
            }
            Err(failure) => Some(problem(400, &failure.message, &[])),
        }
    }

    /// The provider that a request is for, and what of its target is below that.
    fn provider<'t>(&self, target: &'t str) -> Option<(&Provider, &'t str)> {
        self.providers.iter().find_map(|provider| {
            let rest = target.strip_prefix(&self.prefix(provider))?;
            (rest.starts_with('/')).then_some((provider, rest))
        })
    }
}

impl Provider {
    /// Whether a request shows any credentials where they are asked for.
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
            Unroutable::Body(why) => problem(400, &why, &[]),
            Unroutable::OtherMethods(methods) => {
                let names: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
                let message = format!("`{path}` takes {}, not {}", names.join(", "), request.method);
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

    /// The routes that have the most in common with a path.
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

/// How alike a path and a template are: by the words they share, and by how long they are.
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
        let body = match &response.body {
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

    fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            // What no header can carry is left out.
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

/// A problem as RFC 9457 writes one.
fn problem(status: u16, detail: &str, nearest: &[String]) -> Answer {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut body = json!({"title": title, "status": status, "detail": detail});
    if let (false, Some(fields)) = (nearest.is_empty(), body.as_object_mut()) {
        fields.insert("nearest".to_owned(), nearest.into());
    }
    let headers = vec![(CONTENT_TYPE.as_str().to_owned(), "application/problem+json".to_owned())];
    Answer { status, headers, body: body.to_string().into_bytes() }
}

/// Says something on the way. What cannot be written stops nothing.
fn tell(text: &str) {
    let shown = format!("{}\n", visible(text.trim_end()));
    let _unwritten = std::io::stderr().lock().write_all(shown.as_bytes());
}
