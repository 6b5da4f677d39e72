//! Takes answers over HTTP, and leaves them for the process that drives the run.
//!
//! It drives nothing itself. A `GET` changes nothing, since mail programs follow links; only a `POST` is an answer.
//! Without a valid token nobody learns anything, not even whether a run exists.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use naftiko_adapter_external::fits;
use naftiko_engine::{Intervention, Refused};
use naftiko_journal::{Store, Through};
use naftiko_plan::{Action, External};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Pass;
use super::page::{self, Asked};
use crate::drive::answers::step_of;
use crate::post::{Posted, post};
use crate::state::{self, Kept};

/// How long an answer may be.
const MOST: usize = 1024 * 1024;

/// How long it may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes answers.
pub(crate) struct Reception {
    store: Store,
}

/// What comes of a request.
enum Outcome {
    /// The answer is taken, now or before.
    Taken,
    /// There is another answer.
    AnsweredOtherwise,
    /// The answer does not fit.
    Misfit(String),
    /// The token is not good, or nobody waits for the answer any more.
    Nobody,
    /// Something is wrong here.
    Broken,
}

/// What was asked, and where it stands.
struct Found {
    kept: Kept,
    pass: Pass,
}

impl Reception {
    /// Takes answers at an address from now on, and says which it is.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub(crate) async fn open(store: Store, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let reception = Arc::new(Self { store });
        let routes = Router::new().route("/answers/{token}", get(show).post(take)).with_state(reception);
        tokio::spawn(async move {
            // It never ends by itself; what goes wrong with one connection ends that one.
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(address)
    }

    fn find(&self, token: &str) -> Option<Found> {
        let pass = Pass::read(token, &self.store)?;
        let summary = state::find(&self.store, &pass.run).ok().filter(|found| found.id == pass.run)?;
        Some(Found { kept: Kept::read(&self.store, &summary).ok()?, pass })
    }

    fn take(&self, token: &str, result: &Value) -> Outcome {
        let Some(found) = self.find(token) else { return Outcome::Nobody };
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

async fn show(State(reception): State<Arc<Reception>>, Path(token): Path<String>) -> Response {
    let page =
        reception.find(&token).and_then(|found| found.asked()).and_then(|asked| page::question(&asked));
    match page {
        Some(page) => html(StatusCode::OK, page),
        None => html(StatusCode::NOT_FOUND, page::said("There is nothing to be answered here.")),
    }
}

async fn take(
    State(reception): State<Arc<Reception>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let form = match media_type(&headers) {
        Some("application/json") => false,
        Some("application/x-www-form-urlencoded") => true,
        _ => return told(false, StatusCode::UNSUPPORTED_MEDIA_TYPE, "an answer is `application/json`"),
    };
    // Nobody's time is spent on what nobody waits for.
    if Pass::read(&token, &reception.store).is_none() {
        return told(form, StatusCode::NOT_FOUND, "there is nothing to be answered here");
    }
    let bytes = match tokio::time::timeout(PATIENCE, to_bytes(body, MOST)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return told(form, StatusCode::PAYLOAD_TOO_LARGE, "an answer has at most 1 MiB"),
        Err(_) => return told(form, StatusCode::REQUEST_TIMEOUT, "the answer did not come in time"),
    };
    let result = if form { from_form(&bytes) } else { serde_json::from_slice(&bytes).ok() };
    let Some(result) = result else {
        let what = "this is not JSON; a text goes in quotes: \"done\"";
        return told(form, StatusCode::UNPROCESSABLE_ENTITY, what);
    };
    match reception.take(&token, &result) {
        Outcome::Taken => told(form, StatusCode::ACCEPTED, "the answer is taken"),
        Outcome::AnsweredOtherwise => told(form, StatusCode::CONFLICT, "there is another answer already"),
        Outcome::Misfit(reason) => {
            told(form, StatusCode::UNPROCESSABLE_ENTITY, &format!("this does not fit: {reason}"))
        }
        Outcome::Nobody => told(form, StatusCode::NOT_FOUND, "there is nothing to be answered here"),
        Outcome::Broken => {
            told(form, StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be kept; try again later")
        }
    }
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}

/// The field `answer`; left empty it says that all is done.
fn from_form(bytes: &[u8]) -> Option<Value> {
    let mut fields = url::form_urlencoded::parse(bytes);
    let (_, text) = fields.find(|(name, _)| name == "answer")?;
    if text.trim().is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() }
}

/// What is said to a program, or to a person.
fn told(form: bool, status: StatusCode, message: &str) -> Response {
    if form {
        return html(status, page::said(message));
    }
    let key = if status.is_success() { "message" } else { "error" };
    let mut response = (status, json!({ key: message }).to_string()).into_response();
    protect(response.headers_mut(), "application/json");
    response
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = (status, page).into_response();
    protect(response.headers_mut(), "text/html; charset=utf-8");
    response
}

/// The address is a secret: it is kept by nobody, sent on to nobody, and nothing else runs beside it.
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
