//! One attempt, and what came of it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{Operation, Place};

/// Carries operations out.
///
/// It may be called from several tasks at once. It must not retry, and must not answer before it knows. There is one
/// exception: a request that was refused because its credential is no longer good (401) was not carried out, and may be
/// sent once more with a newer one. An answer or a failure must not show a credential: see [`Mask`](crate::Mask).
#[async_trait]
pub trait Adapter: Send + Sync {
    /// Makes the call once.
    ///
    /// # Errors
    /// A [`Failure`] when no answer could be had. An answer of any status, 500 included, is a [`Response`]: what it
    /// means is decided by the engine.
    async fn invoke(&self, call: &Call) -> Result<Response, Failure>;
}

/// Asks somebody or something outside.
///
/// One that sends a message must not send it twice, and must say honestly how far it came: what it reports as
/// [`FailureKind::NotSent`] is sent again.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Puts the question, and gives the answer if there is one now.
    ///
    /// # Errors
    /// A [`Failure`] when the question could not be put or the answer could not be understood. Of a message,
    /// [`FailureKind::NotSent`] also says that the other side was reached and did not take it, and may later.
    async fn ask(&self, question: &Question) -> Result<Answer, Failure>;
}

/// One attempt of one step: an operation with its arguments.
#[derive(Debug, Clone)]
pub struct Call {
    /// The id of the step.
    pub step: String,
    /// Which attempt of the step this is, from 1; polling counts on.
    pub attempt: u32,
    /// What is to be carried out.
    pub operation: Arc<Operation>,
    /// With what.
    pub arguments: Arguments,
    /// How long the attempt may take; `None`: the adapter's own limit.
    pub timeout: Option<Duration>,
    /// The key that makes a repeat harmless, for an operation that has a header for it.
    pub idempotency_key: Option<String>,
}

/// The arguments of a call by where they go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// Values of parameters, by place and name.
    #[serde(with = "indexmap::map::serde_seq")]
    pub parameters: IndexMap<(Place, String), Value>,
    /// The body; `None`: none is sent. A body of null is a body.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub body: Option<Value>,
}

/// Reads a member that is there, so that null is a value and not an absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Arguments {
    /// The value of a parameter.
    pub fn parameter(&self, place: Place, name: &str) -> Option<&Value> {
        self.parameters.iter().find(|((at, key), _)| *at == place && key == name).map(|(_, value)| value)
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers by lower-case name; several of one name are joined by `, `.
    pub headers: IndexMap<String, String>,
    /// The decoded body; null if there was none.
    pub body: Value,
    /// Where it departs from the description of the operation, as far as the adapter looked; at most a handful.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
}

impl Response {
    /// An answer of which nothing more is to be said.
    pub fn new(status: u16, headers: IndexMap<String, String>, body: Value) -> Self {
        Self { status, headers, body, departures: Vec::new() }
    }
}

/// A place where an answer is not as its description says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Where in the body: a JSON Pointer, with `*` for the items of a list; empty for the answer as a whole.
    pub pointer: String,
    /// What is expected there: one line for people that never shows what was found.
    pub expected: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How far the call came.
    pub kind: FailureKind,
    /// What happened: one line for people, without secrets.
    pub message: String,
}

impl Failure {
    /// A failure of `kind`.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// How far a failed call came. This decides what may be repeated, so it must never claim less than what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The adapter would not send it, now or ever: an argument it cannot write, a credential it does not have.
    Refused,
    /// Nothing reached the other side: no name, no connection. A later attempt may do better.
    NotSent,
    /// It was sent, wholly or in part, and no answer came: nobody knows whether it happened.
    Unknown,
    /// It was carried out and answered, and the answer cannot be read.
    Unreadable,
}

/// What somebody outside is asked.
#[derive(Clone, Default, PartialEq)]
pub struct Question {
    /// The run.
    pub run: String,
    /// The id of the step.
    pub step: String,
    /// What every attempt to put this question is known by, so that whoever gets it twice can tell.
    pub id: String,
    /// Through what it is asked: `prompt`, `email`, `webhook`, `command`.
    pub channel: String,
    /// What the channel is told, by name: for `email` `to`, and so on.
    pub settings: Map<String, Value>,
    /// What is to be done, in the author's words.
    pub description: Option<String>,
    /// What is handed over. At the terminal sensitive values are masked, and so they are where the author did not say
    /// what is handed over; in a message it is exactly what the author said.
    pub shown: Map<String, Value>,
    /// The JSON Schema that the answer has to fit; `None`: any JSON value.
    pub result: Option<Value>,
    /// Until when an answer is waited for; `None`: for ever.
    pub until: Option<SystemTime>,
}

impl fmt::Debug for Question {
    /// What is handed over may be sensitive, so only its names are shown.
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

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The answer; null for "it is done, and there is nothing to say".
    Given(Value),
    /// Not yet: the run waits.
    NotYet,
}
