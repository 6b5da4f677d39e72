//! One attempt of a step: its call and its outcome. Also the questions that channels ask.

use std::any::Any;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{Operation, Place, shortage};

/// Carries out operations.
///
/// Calls may come from several tasks at once. An adapter must not retry, and must not return before it knows the
/// outcome, with one exception: a request that was rejected because its credential is no longer valid (401) was not
/// carried out, and may be sent once more with a newer credential. A response or a failure must not contain a
/// credential: see [`Mask`](crate::Mask).
#[async_trait]
pub trait Adapter: Send + Sync {
    /// Makes the call once.
    ///
    /// # Errors
    /// A [`Failure`] when there is no usable response. A response of any status, 500 included, is a [`Response`]: the
    /// engine decides its meaning.
    async fn invoke(&self, call: &Call) -> Result<Response, Failure>;
}

/// Asks a person or an external system.
///
/// A channel must not send a message twice, and must report exactly how far the message got: the engine repeats a
/// question that failed with [`FailureKind::NotSent`].
#[async_trait]
pub trait Channel: Send + Sync {
    /// Asks the question, and returns the answer if there is one already.
    ///
    /// # Errors
    /// A [`Failure`] when the question could not be asked or the answer could not be understood. For a message,
    /// [`FailureKind::NotSent`] also means that the receiver was reached, did not accept it, and may accept it later.
    async fn ask(&self, question: &Question) -> Result<Answer, Failure>;
}

/// One attempt of one step: an operation with its arguments.
#[derive(Debug, Clone)]
pub struct Call {
    /// The id of the step.
    pub step: String,
    /// The number of the attempt of the step, from 1. Polls count as attempts.
    pub attempt: u32,
    /// The operation to carry out.
    pub operation: Arc<Operation>,
    /// The arguments of the operation.
    pub arguments: Arguments,
    /// The time limit of the attempt; `None` for the limit of the adapter.
    pub timeout: Option<Duration>,
    /// The idempotency key, for an operation that has a header for one.
    pub idempotency_key: Option<String>,
}

/// The arguments of a call, by the place they go to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// The values of parameters, by place and name.
    #[serde(with = "indexmap::map::serde_seq")]
    pub parameters: IndexMap<(Place, String), Value>,
    /// The body; `None` if none is sent. `Some(Value::Null)` is a body.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub body: Option<Value>,
}

/// Deserializes a member that is present, so that null is a value rather than an absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Arguments {
    /// The value of a parameter.
    pub fn parameter(&self, place: Place, name: &str) -> Option<&Value> {
        self.parameters.iter().find(|((at, key), _)| *at == place && key == name).map(|(_, value)| value)
    }
}

/// The response of a provider, with any status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers by lower-case name; several headers of one name are joined by `, `.
    pub headers: IndexMap<String, String>,
    /// The decoded body; null if there was none. Shared, since a body can be large.
    pub body: Arc<Value>,
    /// Whether the response had a body that exceeds a limit: then `body` is null, and a deviation names the limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_body_withheld: bool,
    /// The deviations from the description of the operation, as far as the adapter checked; at most a handful.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// The resources that the adapter reserves while the response is in memory.
    #[serde(skip)]
    pub hold: Hold,
}

impl Response {
    /// A response without deviations from its description.
    pub fn new(status: u16, headers: IndexMap<String, String>, body: impl Into<Arc<Value>>) -> Self {
        Self {
            status,
            headers,
            body: body.into(),
            is_body_withheld: false,
            departures: Vec::new(),
            hold: Hold::default(),
        }
    }

    /// The body alone. It is cloned only if other references to it exist.
    pub fn into_body(self) -> Value {
        Arc::unwrap_or_clone(self.body)
    }
}

/// A reserved share of a limited resource, such as memory for responses. The share is released when the last clone is
/// dropped; the engine does so once the outcome of the attempt is recorded.
#[derive(Clone, Default)]
pub struct Hold(Option<Arc<dyn Any + Send + Sync>>);

impl Hold {
    /// Reserves `share`, which releases itself when it is dropped.
    pub fn new(share: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(share)))
    }
}

impl PartialEq for Hold {
    /// Always true: the share is not part of the response.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.0.is_some()).finish()
    }
}

/// A deviation: a place where a response differs from the description of its operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The place in the body: a JSON Pointer, with `*` for the items of a list; empty for the response as a whole.
    pub pointer: String,
    /// The value that was expected there: one line for people that never shows the value found.
    pub expected: String,
}

/// The reason why there is no usable response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How far the call got.
    pub kind: FailureKind,
    /// The reason: one line for people, without secrets.
    pub message: String,
    /// The text of the unusable response, without secrets. It is shortened before it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Failure {
    /// A failure of `kind`.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), answer: None }
    }

    /// The failure of an attempt that ended with an I/O error: a local shortage if the error reports one, otherwise a
    /// failure of `kind`. `is_sent` means that part of the request may have been sent.
    pub fn of_io(error: &io::Error, is_sent: bool, kind: FailureKind, message: impl Into<String>) -> Self {
        let kind = match (shortage(error).is_some(), is_sent) {
            (true, false) => FailureKind::LocalShortage,
            (true, true) => FailureKind::CutOff,
            (false, _) => kind,
        };
        Self::new(kind, message)
    }
}

/// How far a failed call got. The engine decides by it what may be retried, so it must never claim less than what
/// happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The adapter will never send the call: an argument has no written form, or a credential is missing.
    Refused,
    /// The request did not reach the server: its name did not resolve, or no connection was made. A later attempt may
    /// succeed.
    NotSent,
    /// The request was sent, in whole or in part, and no response came: it is in doubt whether the call had an effect.
    Unknown,
    /// The call was carried out, but its response cannot be read.
    Unreadable,
    /// The call was carried out, but its response cannot be used. A further attempt would have the same result, so
    /// there is no retry.
    Unusable,
    /// This machine lacked a resource (see [`shortage`]) before anything was sent: the attempt had no effect and is
    /// repeated.
    LocalShortage,
    /// This machine lacked a resource after sending had begun. The engine treats the call as if the process had been
    /// killed.
    CutOff,
}

/// A question to a person or an external system.
#[derive(Clone, Default, PartialEq)]
pub struct Question {
    /// The id of the run.
    pub run: String,
    /// The id of the step.
    pub step: String,
    /// An id that all attempts to ask this question share, so that a receiver can recognize a repeat.
    pub id: String,
    /// The channel: `prompt`, `email`, `webhook` or `command`.
    pub channel: String,
    /// The settings of the channel by name, such as `to` for `email`.
    pub settings: Map<String, Value>,
    /// The task, in the words of the author.
    pub description: Option<String>,
    /// The values that are shown to the receiver. Sensitive values are masked at the terminal, and wherever the author
    /// did not list the values to show; a message contains exactly the values that the author listed.
    pub shown: Map<String, Value>,
    /// The JSON Schema that the answer must fit; `None` allows any JSON value.
    pub result: Option<Value>,
    /// When the wait for an answer ends; `None` waits indefinitely.
    pub until: Option<SystemTime>,
}

impl fmt::Debug for Question {
    /// Shows only the names of the values in `shown`, since the values may be sensitive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.shown.keys().collect();
        f.debug_struct("Question")
            .field("run", &self.run)
            .field("step", &self.step)
            .field("channel", &self.channel)
            .field("shown", &shown)
            .finish_non_exhaustive()
    }
}

/// The result of asking a question through a channel.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The answer; null means "done, and nothing to report".
    Given(Value),
    /// There is no answer yet: the run waits.
    NotYet,
}
