//! What happens in a run.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An event with its place in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The run.
    pub run: String,
    /// Its sequence number in the run, from 1, without gaps.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened in a run.
///
/// Sensitive inputs and arguments are not in it. Results and outputs are as they came, because later steps read them, and
/// a provider may have said something sensitive back: the engine's `Run::shown` gives the form that may be shown.
///
/// `step` is the name of a step, of an item of one, of a step of the composition within one, or of what undoes one: see
/// [`Part`](crate::Part).
///
/// Every attempt has one `attemptStarted`, or of a message `messageStarted`, and at most one event that closes it:
/// `stepSucceeded`, `stepDelayed`, `pageReceived`, `stepFailed`, `stepInDoubt`, or of a message that was handed over
/// `stepAsked`. What is in doubt is followed by `doubtResolved`, or of a message by its answer. Every step has at most one
/// outcome:
/// `stepSucceeded`, `stepSkipped`, `stepFailed`, or a `doubtResolved` that says it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// The name of the composition.
        composition: String,
        /// The inputs that are not sensitive.
        inputs: Map<String, Value>,
        /// The names of the inputs that were given and are sensitive.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<String>,
        /// What the operator asked for.
        #[serde(default)]
        options: Options,
    },
    /// An attempt is about to be made: the intent, recorded before anything is sent.
    AttemptStarted {
        /// The step.
        step: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// What is sent.
        request: Request,
    },
    /// A message is about to be handed over for a step that is done outside: the intent, recorded before anything is
    /// sent.
    MessageStarted {
        /// The step.
        step: String,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// What is handed over, and to whom.
        message: Message,
        /// When the wait for an answer ends; `None` waits for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The step is done, and this is its result.
    StepSucceeded {
        /// The step.
        step: String,
        /// The attempt that did it; `None` for an external step, unless its message was still being handed over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// The HTTP status, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The response body, or the answer from outside. It is shared, since it can be large.
        result: Arc<Value>,
        /// Where the response departs from the operation's description.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        departures: Vec<Departure>,
        /// How the answer from outside arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Through>,
    },
    /// The attempt is over, and another one will be made.
    StepDelayed {
        /// The step.
        step: String,
        /// The attempt that is over.
        attempt: u32,
        /// When the next one is due.
        until: Timestamp,
        /// Why: `unmet` (a poll whose condition does not hold yet), or a transient failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// The attempt received a page of a list, and the next page is requested. This page is never requested again.
    PageReceived {
        /// The step.
        step: String,
        /// The attempt that received it.
        attempt: u32,
        /// The items on this page. They are shared, since there can be many.
        items: Arc<Vec<Value>>,
        /// The query parameters of the next page.
        next: Map<String, Value>,
        /// Where the response departs from the operation's description.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        departures: Vec<Departure>,
    },
    /// The step failed for good.
    StepFailed {
        /// The step.
        step: String,
        /// The attempt that failed; `None` if it failed before anything was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// Why.
        failure: Failure,
    },
    /// It is unknown whether the attempt had its effect.
    StepInDoubt {
        /// The step.
        step: String,
        /// The attempt.
        attempt: u32,
        /// What is known.
        failure: Failure,
    },
    /// An operator said whether the attempt in doubt had its effect.
    DoubtResolved {
        /// The step.
        step: String,
        /// The attempt.
        attempt: u32,
        /// What was said.
        ruling: Ruling,
    },
    /// Somebody outside is asked: recorded before the question is asked at the terminal, and after a message was handed
    /// over.
    StepAsked {
        /// The step.
        step: String,
        /// The attempt that handed the message over; `None` where there is no message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// When the wait for an answer ends; `None` waits for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The step's condition is false: the step is over, and has no result.
    StepSkipped {
        /// The step.
        step: String,
    },
    /// The parts of the step may begin: its items, or the steps of its composition.
    StepOpened {
        /// The step.
        step: String,
        /// How many items; `None` for a composition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<u32>,
    },
    /// Somebody cancelled the run: nothing new begins. A run that is being undone can be cancelled once more, which
    /// ends it as it is.
    RunCancelled {
        /// Whether what was done is undone.
        compensate: bool,
    },
    /// The run is over.
    RunFinished {
        /// How.
        status: Status,
        /// The outputs, by name; only of a run that succeeded. A sensitive one is the text `***`.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        outputs: IndexMap<String, Value>,
        /// Why it failed, where no failed step says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
}

impl Event {
    /// The event of a step that succeeded without an attempt of its own: outside, or through its parts.
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

    /// Its name, as in JSON.
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

    /// The attempt that the event is about.
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

    /// The step that the event is about.
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

/// What an operator found out about an attempt in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ruling {
    /// It had its effect, and the step is done.
    Happened {
        /// The answer it would have had.
        result: Value,
    },
    /// The message reached its receiver, and the answer is still to come.
    HandedOver {
        /// When the wait for it ends; `None` waits for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It had no effect, and is made again.
    DidNotHappen,
}

/// What the operator asked for, recorded so that a resumed run does the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// How long to wait between two polls, overriding the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_every: Option<SignedDuration>,
    /// Whether nothing is sent: answers are made up, and waits take no time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
    /// URLs of providers by id, overriding the plan.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub base_urls: IndexMap<String, String>,
}

/// What an attempt sends, in a form that may be shown: sensitive values are `***`, and credentials are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The operation.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The path template.
    pub path: String,
    /// Arguments by name; `body` for a whole body.
    pub arguments: IndexMap<String, Value>,
}

/// What is handed over for a step that is done outside, in a form that may be shown: sensitive values are `***`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id, the same for every attempt to hand it over.
    pub id: String,
    /// The channel: `email`, `webhook`, `command`.
    pub channel: String,
    /// Its receiver: the addresses, the origin of the URL, or the program.
    pub to: String,
    /// What is handed over, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
}

/// How the answer from outside arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// Somebody typed it at the terminal.
    Prompt,
    /// It was given beforehand.
    Beforehand,
    /// The operator gave it, with `naftiko complete`.
    Complete,
    /// It was given at the address that the message holds.
    Callback,
    /// The program that was run wrote it.
    Command,
}

impl Through {
    /// Its name, as in JSON.
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
    /// Something is under way.
    Running,
    /// Nothing is under way: it waits for a time or for somebody.
    Waiting,
    /// It cannot go on until somebody says whether an effect happened.
    InDoubt,
    /// What was done is being undone; in a run at rest, something could not be undone.
    Compensating,
    /// Every step that had to run succeeded.
    Succeeded,
    /// A step failed.
    Failed,
    /// A step failed, and everything that could be undone was undone.
    Compensated,
    /// Somebody ended it.
    Cancelled,
}

impl Status {
    /// Whether nothing more happens in a run of this status.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Compensated | Self::Cancelled)
    }

    /// Its name, as in JSON.
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

/// A place where a response departs from its operation's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Where in the body: a JSON Pointer, with `*` for the items of a list; empty for the response as a whole.
    pub pointer: String,
    /// What is expected there, in one line for people.
    pub expected: String,
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What kind of failure.
    pub cause: Cause,
    /// What happened, in one line for people.
    pub message: String,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of the response, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The status is not 2xx.
    Status,
    /// Nothing reached the other side.
    NotSent,
    /// It was sent, and no answer came.
    NoAnswer,
    /// The process ended before the attempt did, or this machine lacked something in the middle of it.
    Interrupted,
    /// This machine lacked something before anything was sent: the attempt did not happen.
    LocalShortage,
    /// The adapter refused to send it.
    Refused,
    /// The answer could not be read.
    Unreadable,
    /// An expression had no value where one is needed.
    Unresolved,
    /// An expression met a value of the wrong type.
    Type,
    /// An input of a composition that runs as a step does not fit its schema.
    Input,
    /// The deadline passed.
    Deadline,
    /// A condition of `expect` does not hold, or the `failWhen` of a poll does.
    Condition,
    /// The answer from outside does not fit.
    Answer,
    /// The adapter panicked.
    Panicked,
}
