//! One attempt and its outcome.

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
/// It may be called from several tasks at once. It must not retry, and must not return before it knows the outcome.
/// There is one exception: a request that was refused because its credential is no longer valid (401) was not carried
/// out, and may be sent once more with a newer one. An answer or a failure must not contain a credential: see
/// [`Mask`](crate::Mask).
#[async_trait]
pub trait Adapter: Send + Sync {
    /// Makes the call once.
    ///
    /// # Errors
    /// A [`Failure`] when there is no usable answer. An answer of any status, 500 included, is a [`Response`]: the
    /// engine decides what it means.
    async fn invoke(&self, call: &Call) -> Result<Response, Failure>;
}

/// Asks a person or a system outside.
///
/// A channel that sends a message must not send it twice, and must say honestly how far the message got: what it
/// reports as [`FailureKind::NotSent`] is sent again.
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
    /// Which attempt of the step this is, from 1; polling counts on.
    pub attempt: u32,
    /// The operation to carry out.
    pub operation: Arc<Operation>,
    /// Its arguments.
    pub arguments: Arguments,
    /// How long the attempt may take; `None` is the adapter's own limit.
    pub timeout: Option<Duration>,
    /// The idempotency key, for an operation that has a header for it.
    pub idempotency_key: Option<String>,
}

/// The arguments of a call, by the place they go to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// Values of parameters, by place and name.
    #[serde(with = "indexmap::map::serde_seq")]
    pub parameters: IndexMap<(Place, String), Value>,
    /// The body, if one is sent; `Some(Value::Null)` is a body too.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub body: Option<Value>,
}

/// Reads a member that is present, so that null is a value and not an absence.
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
    /// The decoded body; null if there was none. It is shared, since a body can be large.
    pub body: Arc<Value>,
    /// Whether there was a body that is too large to be read: then `body` is null, and a departure says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_body_withheld: bool,
    /// Where the answer departs from the operation's description, as far as the adapter checked; at most a handful.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// What the adapter holds for as long as the answer is at hand.
    #[serde(skip)]
    pub hold: Hold,
}

impl Response {
    /// An answer without departures from its description.
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

    /// The body, for whoever needs no more than that. It is copied only if somebody else has it too.
    pub fn into_body(self) -> Value {
        Arc::unwrap_or_clone(self.body)
    }
}

/// A share of something limited, such as memory for answers. The share is given back when the last clone is dropped: the
/// engine does that once the outcome of the attempt is recorded.
#[derive(Clone, Default)]
pub struct Hold(Option<Arc<dyn Any + Send + Sync>>);

impl Hold {
    /// Holds `share`, which gives itself back when it is dropped.
    pub fn new(share: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(share)))
    }
}

impl PartialEq for Hold {
    /// A share says nothing about the answer.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.0.is_some()).finish()
    }
}

/// A place where an answer departs from its operation's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Where in the body: a JSON Pointer, with `*` for the items of a list; empty for the answer as a whole.
    pub pointer: String,
    /// What was expected there: one line for people that never shows the value found.
    pub expected: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How far the call got.
    pub kind: FailureKind,
    /// What happened: one line for people, without secrets.
    pub message: String,
    /// The text of the answer that cannot be used, without secrets: it is cut before it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Failure {
    /// A failure of `kind`.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), answer: None }
    }

    /// The failure of an attempt that ended with an input or output error: a local shortage if that is what the error
    /// is, and otherwise a failure of `kind`. `is_sent` says whether anything may have been sent by then.
    pub fn of_io(error: &io::Error, is_sent: bool, kind: FailureKind, message: impl Into<String>) -> Self {
        let kind = match (shortage(error).is_some(), is_sent) {
            (true, false) => FailureKind::LocalShortage,
            (true, true) => FailureKind::CutOff,
            (false, _) => kind,
        };
        Self::new(kind, message)
    }
}

/// How far a failed call got. This decides what may be repeated, so it must never claim less than what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The adapter will never send it: it has an argument that cannot be written, or lacks a credential.
    Refused,
    /// Nothing reached the other side: its name did not resolve, or no connection was made. A later attempt may
    /// succeed.
    NotSent,
    /// It was sent, in whole or in part, and no answer came: whether it took effect is unknown.
    Unknown,
    /// It was carried out and answered, but the answer cannot be read.
    Unreadable,
    /// It was carried out and answered, and the answer cannot be used; nor could the answer of another attempt, so none
    /// is made.
    Unusable,
    /// This machine lacked something that the attempt needs (see [`shortage`]) before anything was sent: the attempt did
    /// not happen, and is made again.
    LocalShortage,
    /// This machine lacked something after the sending had begun: as if the process had been killed then.
    CutOff,
}

/// A question to a person or a system outside.
#[derive(Clone, Default, PartialEq)]
pub struct Question {
    /// The run.
    pub run: String,
    /// The id of the step.
    pub step: String,
    /// An id that is the same for every attempt to ask this question, so that a receiver can recognize a repeat.
    pub id: String,
    /// The channel it is asked through: `prompt`, `email`, `webhook` or `command`.
    pub channel: String,
    /// The settings of the channel by name, such as `to` for `email`.
    pub settings: Map<String, Value>,
    /// What to do, in the author's words.
    pub description: Option<String>,
    /// What is handed over. Sensitive values are masked at the terminal, and wherever the author did not say what to
    /// hand over; a message holds exactly what the author said.
    pub shown: Map<String, Value>,
    /// The JSON Schema that the answer has to fit; `None` allows any JSON value.
    pub result: Option<Value>,
    /// When the wait for an answer ends; `None` waits for ever.
    pub until: Option<SystemTime>,
}

impl fmt::Debug for Question {
    /// Shows only the names of what is handed over, since its values may be sensitive.
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

/// A channel's reply to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The answer; null means "done, and nothing to report".
    Given(Value),
    /// No answer yet: the run waits.
    NotYet,
}
