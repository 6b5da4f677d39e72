//! The events of a run, and the types they consist of.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An event with its position in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The id of the run.
    pub run: String,
    /// The sequence number in the run, from 1, without gaps.
    pub seq: u64,
    /// When the event was recorded.
    pub at: Timestamp,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// An event of a run.
///
/// Sensitive inputs and arguments are left out. Results and outputs are stored as received, because later steps read
/// them, and a provider may echo sensitive values in them: the engine's `Run::shown` returns the redacted form.
///
/// `step` names a step, an item of a step, a step of an inner composition, or a compensation: see
/// [`Part`](crate::Part).
///
/// Every attempt has one `attemptStarted` (for a message: `messageStarted`) and at most one event that ends it:
/// `stepSucceeded`, `stepDelayed`, `pageReceived`, `stepFailed`, `stepInDoubt`, or, for a message that was sent,
/// `stepAsked`. `stepInDoubt` is followed by `doubtResolved`, or, for a message, by its answer. Every step has at most
/// one outcome: `stepSucceeded`, `stepSkipped`, `stepFailed`, or a `doubtResolved` whose ruling is `happened`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The run started.
    RunStarted {
        /// The name of the composition.
        composition: String,
        /// The inputs that are not sensitive.
        inputs: Map<String, Value>,
        /// The names of the sensitive inputs that were given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<String>,
        /// The options that the operator set.
        #[serde(default)]
        options: Options,
    },
    /// An attempt is about to start: the intent, recorded before anything is sent.
    AttemptStarted {
        /// The step.
        step: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The redacted request.
        request: Request,
    },
    /// A message of an external step is about to be sent: the intent, recorded before anything is sent.
    MessageStarted {
        /// The step.
        step: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The redacted message and its receiver.
        message: Message,
        /// When the wait for an answer ends; `None` waits forever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The step succeeded with this result.
    StepSucceeded {
        /// The step.
        step: String,
        /// The attempt that succeeded; `None` for an external step, unless its message was still being sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// The HTTP status, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The response body, or the answer from outside. Shared, because it can be large.
        result: Arc<Value>,
        /// The places where the response deviates from the operation's description.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        departures: Vec<Departure>,
        /// How the answer from outside arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Through>,
    },
    /// The attempt ended, and another one will start.
    StepDelayed {
        /// The step.
        step: String,
        /// The attempt that ended.
        attempt: u32,
        /// When the next attempt is due.
        until: Timestamp,
        /// The reason: `unmet` (the condition of a poll does not hold yet), or a transient failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// The attempt received a page of a list, and the next page is requested. This page is never requested again.
    PageReceived {
        /// The step.
        step: String,
        /// The attempt that received it.
        attempt: u32,
        /// The items on this page. Shared, because there can be many.
        items: Arc<Vec<Value>>,
        /// The query parameters of the next page.
        next: Map<String, Value>,
        /// The places where the response deviates from the operation's description.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        departures: Vec<Departure>,
    },
    /// The step failed for good.
    StepFailed {
        /// The step.
        step: String,
        /// The attempt that failed; `None` if the step failed before anything was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// The reason.
        failure: Failure,
    },
    /// It is unknown whether the attempt had its effect.
    StepInDoubt {
        /// The step.
        step: String,
        /// The attempt.
        attempt: u32,
        /// The evidence.
        failure: Failure,
    },
    /// An operator ruled whether the attempt in doubt had its effect.
    DoubtResolved {
        /// The step.
        step: String,
        /// The attempt.
        attempt: u32,
        /// The ruling.
        ruling: Ruling,
    },
    /// An external step waits for its answer: recorded before a question is put at the terminal, and after a message
    /// was sent.
    StepAsked {
        /// The step.
        step: String,
        /// The attempt that sent the message; `None` if there is no message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// When the wait for an answer ends; `None` waits forever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The step's condition is false: the step is over without a result.
    StepSkipped {
        /// The step.
        step: String,
    },
    /// The parts of the step may start: its items, or the steps of its composition.
    StepOpened {
        /// The step.
        step: String,
        /// The number of items; `None` for a composition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<u32>,
    },
    /// The run was cancelled: nothing new starts. A run that is compensating can be cancelled once more, which ends it
    /// without further compensation.
    RunCancelled {
        /// Whether the effects of finished steps are compensated.
        compensate: bool,
    },
    /// The run is over.
    RunFinished {
        /// The final status.
        status: Status,
        /// The outputs, by name; only for a run that succeeded. A sensitive output is the text `***`.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        outputs: IndexMap<String, Arc<Value>>,
        /// The reason for a failure that no failed step reports.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
}

impl Event {
    /// A `stepSucceeded` without an attempt: for an external step, or a step that consists of parts.
    pub fn step_succeeded(step: String, result: impl Into<Arc<Value>>) -> Self {
        Self::StepSucceeded {
            step,
            attempt: None,
            status: None,
            result: result.into(),
            departures: Vec::new(),
            through: None,
        }
    }

    /// The name of the event, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "runStarted",
            Self::AttemptStarted { .. } => "attemptStarted",
            Self::MessageStarted { .. } => "messageStarted",
            Self::StepSucceeded { .. } => "stepSucceeded",
            Self::StepDelayed { .. } => "stepDelayed",
            Self::PageReceived { .. } => "pageReceived",
            Self::StepFailed { .. } => "stepFailed",
            Self::StepInDoubt { .. } => "stepInDoubt",
            Self::DoubtResolved { .. } => "doubtResolved",
            Self::StepAsked { .. } => "stepAsked",
            Self::StepSkipped { .. } => "stepSkipped",
            Self::StepOpened { .. } => "stepOpened",
            Self::RunCancelled { .. } => "runCancelled",
            Self::RunFinished { .. } => "runFinished",
        }
    }

    /// The attempt that the event concerns.
    pub fn attempt(&self) -> Option<u32> {
        match self {
            Self::AttemptStarted { attempt, .. }
            | Self::MessageStarted { attempt, .. }
            | Self::StepDelayed { attempt, .. }
            | Self::PageReceived { attempt, .. }
            | Self::StepInDoubt { attempt, .. }
            | Self::DoubtResolved { attempt, .. } => Some(*attempt),
            Self::StepSucceeded { attempt, .. }
            | Self::StepAsked { attempt, .. }
            | Self::StepFailed { attempt, .. } => *attempt,
            Self::RunStarted { .. }
            | Self::StepSkipped { .. }
            | Self::StepOpened { .. }
            | Self::RunCancelled { .. }
            | Self::RunFinished { .. } => None,
        }
    }

    /// The step that the event concerns.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::RunStarted { .. } | Self::RunCancelled { .. } | Self::RunFinished { .. } => None,
            Self::AttemptStarted { step, .. }
            | Self::MessageStarted { step, .. }
            | Self::StepSucceeded { step, .. }
            | Self::StepDelayed { step, .. }
            | Self::PageReceived { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepInDoubt { step, .. }
            | Self::DoubtResolved { step, .. }
            | Self::StepAsked { step, .. }
            | Self::StepSkipped { step }
            | Self::StepOpened { step, .. } => Some(step),
        }
    }
}

/// An operator's ruling on an attempt in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ruling {
    /// The attempt had its effect, and the step has succeeded.
    Happened {
        /// The response that the attempt would have had.
        result: Value,
    },
    /// The message reached its receiver, and its answer is outstanding.
    HandedOver {
        /// When the wait for the answer ends; `None` waits forever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The attempt had no effect, and is repeated.
    DidNotHappen,
}

/// The options that the operator set, recorded so that a resumed run uses the same ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// The interval between two polls, overriding the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_every: Option<SignedDuration>,
    /// Whether the run is a dry run: nothing is sent, responses are generated, and waits take no time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
    /// URLs of providers by id, overriding the plan.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub base_urls: IndexMap<String, String>,
}

/// The redacted request of an attempt: sensitive values are `***`, and credentials are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The operation.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The arguments by name; `body` for a whole body.
    pub arguments: IndexMap<String, Value>,
}

/// The redacted message of an external step: sensitive values are `***`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The id of the message, equal for all attempts to send it.
    pub id: String,
    /// The channel: `email`, `webhook`, `command`.
    pub channel: String,
    /// The receiver: the addresses, the origin of the URL, or the program.
    pub to: String,
    /// The values in the message, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
}

/// How the answer from outside arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// It was typed at the terminal.
    Prompt,
    /// It was given beforehand.
    Beforehand,
    /// The operator gave it with `naftiko complete`.
    Complete,
    /// It was given at the callback address in the message.
    Callback,
    /// The program that was run wrote it.
    Command,
}

impl Through {
    /// The name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Beforehand => "beforehand",
            Self::Complete => "complete",
            Self::Callback => "callback",
            Self::Command => "command",
        }
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Something is running.
    Running,
    /// Nothing is running: the run waits for a time or for an answer from outside.
    Waiting,
    /// The run cannot continue until an operator rules whether an effect happened.
    InDoubt,
    /// The run is compensating; if nothing is running, a compensation failed.
    Compensating,
    /// Every step that had to run succeeded.
    Succeeded,
    /// A step failed.
    Failed,
    /// A step failed, and all effects that have a compensation were compensated.
    Compensated,
    /// The run was cancelled.
    Cancelled,
}

impl Status {
    /// Whether a run of this status is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Compensated | Self::Cancelled)
    }

    /// The name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::InDoubt => "in-doubt",
            Self::Compensating => "compensating",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Compensated => "compensated",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A place where a response deviates from its operation's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The place in the body: a JSON Pointer, with `*` for the items of a list; empty for the response as a whole.
    pub pointer: String,
    /// The expectation at this place, in one line for people.
    pub expected: String,
}

/// The reason for a failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The kind of failure.
    pub cause: Cause,
    /// A description, in one line for people.
    pub message: String,
    /// The HTTP status, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The response body, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The status is not 2xx.
    Status,
    /// Nothing reached the provider or receiver.
    NotSent,
    /// The request was sent, and no response came.
    NoAnswer,
    /// The process ended before the attempt did, or this machine ran out of a resource during the attempt.
    Interrupted,
    /// This machine ran out of a resource before anything was sent: the attempt did not happen.
    LocalShortage,
    /// The adapter refused to send the request.
    Refused,
    /// The response could not be read.
    Unreadable,
    /// An expression had no value where one is required.
    Unresolved,
    /// An expression met a value of the wrong type.
    Type,
    /// An input of a composition that runs as a step does not match its schema.
    Input,
    /// The deadline passed.
    Deadline,
    /// A condition of `expect` does not hold, or the `failWhen` of a poll does.
    Condition,
    /// The answer from outside does not match its schema.
    Answer,
    /// The adapter panicked.
    Panicked,
}
