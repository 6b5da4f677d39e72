//! The response to a request: received in full, then decoded.
//!
//! The time limit of the attempt applies to receiving, not to decoding: a response that was received in full counts,
//! however long it waits for its share of the budget.

mod decode;

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_adapter::{Departure, Failure, FailureKind, Hold, Operation, Response};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::blocking::off_thread;
use crate::nodes::NodeBudget;
use decode::{Content, Trouble};

/// The maximum size of a response body in bytes, before and after decompression.
pub(crate) const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A received response, not yet decoded.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Vec<u8>),
    /// The body is longer than [`MOST_BYTES`] and was not read to its end.
    TooLong,
    /// The connection broke while the body of a 4xx or 5xx response was received.
    Lost,
}

/// The request that a response belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The origin of the server, for messages.
    pub(crate) host: String,
    /// The operation; `None` for a token request.
    pub(crate) operation: Option<Arc<Operation>>,
}

/// Receives the body of a response.
///
/// # Errors
/// The error of a connection that broke in the body, unless the status is 4xx or 5xx: then the status suffices.
pub(crate) async fn receive(mut response: reqwest::Response) -> Result<Received, reqwest::Error> {
    let (status, headers) = (response.status(), response.headers().clone());
    let received = |body| Ok(Received { status, headers, body });
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > MOST_BYTES) {
        return received(Body::TooLong);
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(announced.unwrap_or_default());
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MOST_BYTES => return received(Body::TooLong),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return received(Body::Whole(bytes)),
            Err(_) if status.is_client_error() || status.is_server_error() => return received(Body::Lost),
            Err(error) => return Err(error),
        }
    }
}

impl Received {
    /// Decodes the response and passes it through `check`, both on a blocking thread. The response holds its share of
    /// `budget`.
    ///
    /// # Errors
    /// A failure if the body cannot be used, or that of `check`.
    pub(crate) async fn decoded(
        self,
        asked: Asked,
        budget: &NodeBudget,
        check: impl FnOnce(Response) -> Result<Response, Failure> + Send + 'static,
    ) -> Result<Response, Failure> {
        let most = budget.most();
        let (reading, content) = off_thread(move || {
            let mut reading = Reading { asked, status: self.status, headers: self.headers, most };
            let content = reading.content(self.body);
            (reading, content)
        })
        .await;
        let hold = match &content {
            Ok(Content::Json(json)) => budget.take(json.nodes()).await,
            Ok(Content::Text(_)) => budget.take(1).await,
            Ok(Content::None) | Err(_) => Hold::default(),
        };
        off_thread(move || {
            let mut response = reading.response(content)?;
            response.hold = hold;
            check(response)
        })
        .await
    }
}

/// The state of decoding one response.
struct Reading {
    asked: Asked,
    status: StatusCode,
    headers: HeaderMap,
    /// The maximum number of values in the body.
    most: usize,
}

impl Reading {
    fn content(&mut self, body: Body) -> Result<Content, Trouble> {
        match body {
            Body::Whole(bytes) => {
                let described = self.asked.operation.as_ref();
                let described =
                    described.and_then(|operation| operation.described_response(self.status.as_u16()));
                decode::content(&self.headers, bytes, described, self.most)
            }
            Body::TooLong => Err(Trouble::TooLong),
            Body::Lost => Ok(Content::None),
        }
    }

    fn response(&self, content: Result<Content, Trouble>) -> Result<Response, Failure> {
        let built = content.and_then(|content| match content {
            Content::None => Ok((Value::Null, Vec::new())),
            Content::Text(text) => Ok((Value::String(text), Vec::new())),
            Content::Json(json) => decode::built(json, &self.headers),
        });
        let answered = |body: Value, departures| {
            let response = Response::new(self.status.as_u16(), headers(&self.headers), body);
            Response { departures, ..response }
        };
        match built {
            Ok((body, departures)) => Ok(answered(body, departures)),
            // The status already reports a failure, so an invalid body does not replace it with another failure.
            Err(trouble) if !self.status.is_success() => Ok(answered(trouble.text(), Vec::new())),
            Err(trouble) => match self.too_large(&trouble) {
                Some(departure) if !self.only_reads() => {
                    Ok(Response { is_body_withheld: true, ..answered(Value::Null, vec![departure]) })
                }
                _ => Err(self.failure(trouble)),
            },
        }
    }

    /// Whether the request has no effect, so that its response is all that it produces. True for a token request.
    fn only_reads(&self) -> bool {
        self.asked.operation.as_ref().is_none_or(|operation| operation.is_safe())
    }

    /// The deviation that replaces a body that exceeds a limit; `None` for any other trouble.
    fn too_large(&self, trouble: &Trouble) -> Option<Departure> {
        let expected = match trouble {
            Trouble::TooLong => {
                format!("expected at most {} MiB; the body was discarded", mebibytes())
            }
            Trouble::TooMany => {
                format!("expected at most {} values; the body was discarded (`--max-nodes`)", self.most)
            }
            _ => return None,
        };
        Some(Departure { pointer: String::new(), expected })
    }

    fn failure(&self, trouble: Trouble) -> Failure {
        let (kind, reason, answer) = match trouble {
            Trouble::TooLong => {
                (FailureKind::Unusable, format!("it is longer than {} MiB", mebibytes()), None)
            }
            Trouble::TooMany => {
                let reason = format!("it has more than {} values, the limit of `--max-nodes`", self.most);
                (FailureKind::Unusable, reason, None)
            }
            Trouble::Permanent { reason, answer } => (FailureKind::Unusable, reason, Some(answer)),
            Trouble::Unreadable { reason, .. } => (FailureKind::Unreadable, reason, None),
        };
        let message = format!("the response of `{}` cannot be read: {reason}", self.asked.host);
        Failure { answer, ..Failure::new(kind, message) }
    }
}

fn mebibytes() -> usize {
    MOST_BYTES / (1024 * 1024)
}

fn headers(map: &HeaderMap) -> IndexMap<String, String> {
    let mut headers: IndexMap<String, String> = IndexMap::new();
    for (name, value) in map {
        let value = String::from_utf8(value.as_bytes().to_vec()).unwrap_or_else(|_| latin(value.as_bytes()));
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    headers
}

/// Decodes ISO 8859-1, in which each byte is a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
