//! The HTTP endpoint for answers to messages. Answers are stored for the process that drives the run.
//!
//! The endpoint never drives a run itself. `GET` changes nothing, since mail programs follow links; only `POST` submits
//! an answer. Without a valid token the response reveals nothing, not even whether a run exists.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use naftiko_adapter_external::fits;
use naftiko_engine::{Intervention, Refused};
use naftiko_journal::{Store, StoreError, Through};
use naftiko_plan::{Action, External};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Pass;
use super::page::{self, Asked};
use crate::exit::Stop;
use crate::listener::{self, BodyError, Exchange, Limits, Respond, Response};
use crate::post::{Posted, post};
use crate::state::Kept;
use crate::steps::step_of;

/// The maximum length of an answer, in bytes.
const MOST: usize = 1024 * 1024;

/// Accepts answers and stores them in the journal.
pub(crate) struct Reception {
    store: Store,
}

/// The outcome of a submitted answer.
enum Outcome {
    /// The answer was accepted, now or earlier.
    Taken,
    /// A different answer was accepted earlier.
    AnsweredOtherwise,
    /// The answer is not JSON.
    NotJson,
    /// The answer does not fit the schema of the step's result.
    Misfit(String),
    /// The token is invalid, or the step no longer waits for an answer.
    Nobody,
    /// An internal error, such as a failed write.
    Broken,
}

/// The run and the token that a request refers to.
struct Found {
    kept: Kept,
    pass: Pass,
}

impl Reception {
    /// Starts to serve at `address` on a thread of its own. Returns the actual address.
    ///
    /// # Errors
    /// If the operating system refuses the address or the thread.
    pub(crate) async fn open(store: Store, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let (opened, is_open) = oneshot::channel();
        std::thread::Builder::new().name("answers".to_owned()).spawn(move || {
            let runtime = match one_thread() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _caller_left = opened.send(Err(error));
                    return;
                }
            };
            runtime.block_on(async move {
                let bound = TcpListener::bind(address).await;
                let bound = bound.and_then(|listener| Ok((listener.local_addr()?, listener)));
                let listener = match bound {
                    Ok((address, listener)) => {
                        let _caller_left = opened.send(Ok(address));
                        listener
                    }
                    Err(error) => {
                        let _caller_left = opened.send(Err(error));
                        return;
                    }
                };
                let limits = Limits::for_this_process(MOST);
                listener::serve(listener, Arc::new(Answers(Arc::new(Self { store }))), limits).await;
            });
        })?;
        is_open.await.unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()))
    }

    /// The run and the step of a token; `None` if the token is invalid or its run is no longer stored.
    ///
    /// # Errors
    /// If the journal cannot be read now.
    fn find(&self, token: &str) -> Result<Option<Found>, Stop> {
        let Some(pass) = Pass::read(token, &self.store)? else { return Ok(None) };
        let summary = match self.store.find(&pass.run) {
            Ok(found) if found.id == pass.run => found,
            Ok(_) | Err(StoreError::UnknownRun { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Found { kept: Kept::read(&self.store, &summary)?, pass }))
    }

    fn take(&self, token: &str, result: &Value) -> Outcome {
        let found = match self.find(token) {
            Ok(Some(found)) => found,
            Ok(None) => return Outcome::Nobody,
            Err(_) => return Outcome::Broken,
        };
        let Some(external) = found.external() else { return Outcome::Nobody };
        if let Err(reason) = fits(external.result.as_ref(), result) {
            return Outcome::Misfit(reason);
        }
        let (step, through) = (found.pass.step.clone(), Some(Through::Callback));
        let answer = Intervention::Complete { step, result: result.clone(), through };
        match post(&self.store, &found.pass.run, &answer, |_| Ok(())) {
            Ok(Posted::Left | Posted::AlreadySo) => Outcome::Taken,
            Ok(Posted::Refused(Refused::AnsweredOtherwise(_))) => Outcome::AnsweredOtherwise,
            Ok(Posted::Refused(_)) => Outcome::Nobody,
            Err(_) => Outcome::Broken,
        }
    }
}

impl Found {
    fn external(&self) -> Option<&External> {
        match &step_of(&self.kept.plan, &self.pass.step)?.action {
            Action::External(external) => Some(external),
            Action::Invoke(_) | Action::Composition(_) => None,
        }
    }

    fn asked(&self) -> Option<Asked> {
        let step = step_of(&self.kept.plan, &self.pass.step)?;
        Some(Asked::new(&self.kept.plan.name, step, self.external()?, &self.kept.records, &self.pass.step))
    }
}

/// The runtime of the thread that serves. It is built on that thread, since none may be dropped in asynchronous code.
fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Handles the requests for `/answers/TOKEN`.
struct Answers(Arc<Reception>);

impl Respond for Answers {
    async fn respond(&self, mut exchange: Exchange) -> Option<Response> {
        let Some(token) = token(exchange.parts.uri.path()) else {
            return Some(page_of(StatusCode::NOT_FOUND, NOTHING_HERE));
        };
        Some(match exchange.parts.method {
            Method::GET | Method::HEAD => self.show(token, &exchange).await,
            Method::POST => self.take(token, &mut exchange).await,
            _ => {
                let mut response = told(false, StatusCode::METHOD_NOT_ALLOWED, "send an answer with `POST`");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
                response
            }
        })
    }
}

const NOTHING_HERE: &str = "There is no open question here.";

/// The token in a path; it may be percent-encoded.
fn token(path: &str) -> Option<String> {
    let token = path.strip_prefix("/answers/").filter(|token| !token.is_empty() && !token.contains('/'))?;
    percent_decode_str(token).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

impl Answers {
    async fn show(&self, token: String, exchange: &Exchange) -> Response {
        // The token is verified before anything is read from the journal.
        match Pass::read(&token, &self.0.store) {
            Ok(Some(_)) => {}
            Ok(None) => return page_of(StatusCode::NOT_FOUND, NOTHING_HERE),
            Err(_) => return Outcome::Broken.told(true),
        }
        let reception = Arc::clone(&self.0);
        let page = exchange.compute(move || {
            let found = reception.find(&token)?;
            Ok::<_, Stop>(found.and_then(|found| found.asked()).and_then(|asked| page::question(&asked)))
        });
        match page.await {
            Some(Ok(Some(page))) => html(StatusCode::OK, page),
            Some(Ok(None)) => page_of(StatusCode::NOT_FOUND, NOTHING_HERE),
            Some(Err(_)) | None => Outcome::Broken.told(true),
        }
    }

    async fn take(&self, token: String, exchange: &mut Exchange) -> Response {
        let form = match media_type(&exchange.parts.headers) {
            Some("application/json") => false,
            Some("application/x-www-form-urlencoded") => true,
            _ => {
                return told(
                    false,
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "an answer must be `application/json`",
                );
            }
        };
        match Pass::read(&token, &self.0.store) {
            Ok(Some(_)) => {}
            Ok(None) => return told(form, StatusCode::NOT_FOUND, "there is no open question here"),
            Err(_) => return Outcome::Broken.told(form),
        }
        exchange.trust(&token);
        let bytes = match exchange.body().await {
            Ok(bytes) => bytes,
            Err(BodyError::TooLong) => {
                return told(form, StatusCode::PAYLOAD_TOO_LARGE, "an answer must not exceed 1 MiB");
            }
            Err(BodyError::TooSlow) => {
                return told(form, StatusCode::REQUEST_TIMEOUT, "the answer did not arrive in time");
            }
            Err(BodyError::Broken) => {
                return told(form, StatusCode::BAD_REQUEST, "the answer is incomplete");
            }
        };
        let reception = Arc::clone(&self.0);
        let outcome = exchange.compute(move || {
            let result = if form { from_form(&bytes) } else { serde_json::from_slice(&bytes).ok() };
            result.map_or(Outcome::NotJson, |result| reception.take(&token, &result))
        });
        outcome.await.unwrap_or(Outcome::Broken).told(form)
    }
}

impl Outcome {
    fn told(self, form: bool) -> Response {
        let misfit;
        let (status, message) = match self {
            Self::Taken => (StatusCode::ACCEPTED, "the answer is accepted"),
            Self::AnsweredOtherwise => (StatusCode::CONFLICT, "a different answer was accepted before"),
            Self::NotJson => {
                (StatusCode::UNPROCESSABLE_ENTITY, "this is not JSON; write a text in quotes: \"done\"")
            }
            Self::Misfit(reason) => {
                misfit = format!("the answer does not match its schema: {reason}");
                (StatusCode::UNPROCESSABLE_ENTITY, misfit.as_str())
            }
            Self::Nobody => (StatusCode::NOT_FOUND, "there is no open question here"),
            // A resource of this machine may be exhausted; the token remains valid.
            Self::Broken => {
                (StatusCode::SERVICE_UNAVAILABLE, "the answer could not be stored; try again later")
            }
        };
        let mut response = told(form, status, message);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}

/// The field `answer` of the form; an empty field is `null`, for "done".
fn from_form(bytes: &[u8]) -> Option<Value> {
    let mut fields = url::form_urlencoded::parse(bytes);
    let (_, text) = fields.find(|(name, _)| name == "answer")?;
    if text.trim().is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() }
}

/// A response with one sentence: a page for a person, JSON for a program.
fn told(form: bool, status: StatusCode, message: &str) -> Response {
    if form {
        return html(status, page::said(message));
    }
    let key = if status.is_success() { "message" } else { "error" };
    respond(status, json!({ key: message }).to_string(), "application/json")
}

fn page_of(status: StatusCode, sentence: &str) -> Response {
    html(status, page::said(sentence))
}

fn html(status: StatusCode, page: String) -> Response {
    respond(status, page, "text/html; charset=utf-8")
}

fn respond(status: StatusCode, body: String, content_type: &'static str) -> Response {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    protect(response.headers_mut(), content_type);
    response
}

/// Sets the headers that protect the URL, which is a secret: no caching, no referrer, no scripts and no frames.
fn protect(headers: &mut HeaderMap, content_type: &'static str) {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, policy),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
