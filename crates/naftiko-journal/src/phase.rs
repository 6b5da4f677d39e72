//! The legal order of events, as the phases of a step.

use std::fmt;

use jiff::Timestamp;

use crate::{Event, Ruling};

/// The phase of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No event has been recorded.
    Pending,
    /// An attempt is running.
    Running {
        /// The number of the attempt.
        attempt: u32,
    },
    /// An attempt ended and another one will start.
    Delayed {
        /// The attempt that ended.
        attempt: u32,
        /// When the next attempt is due.
        until: Timestamp,
    },
    /// A person or system outside was asked and has not answered.
    Asked {
        /// When the wait for an answer ends.
        until: Option<Timestamp>,
        /// The attempt that sent the message; 0 if no message was sent.
        attempt: u32,
    },
    /// The parts of the step may be running.
    Open {
        /// The number of items; `None` for a composition.
        items: Option<u32>,
    },
    /// It is unknown whether the attempt had its effect.
    InDoubt {
        /// The number of the attempt.
        attempt: u32,
    },
    /// The step was skipped.
    Skipped,
    /// The step succeeded.
    Succeeded,
    /// The step failed for good.
    Failed {
        /// The last attempt; 0 if none was started.
        attempt: u32,
    },
}

impl Phase {
    /// Whether the step has its final outcome.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Skipped | Self::Succeeded | Self::Failed { .. })
    }

    /// The phase after an event of the step at time `at`: the one table of legal transitions.
    ///
    /// # Errors
    /// [`IllegalEvent`] for an event that is illegal in this phase, and for one that does not concern a step.
    pub fn after(self, event: &Event, at: Timestamp) -> Result<Self, IllegalEvent> {
        use Event as E;
        let next = match (self, event) {
            (Self::Pending, E::AttemptStarted { attempt: 1, .. }) => Self::Running { attempt: 1 },
            // A question whose answer was given beforehand can become a message, because nothing was sent for it yet.
            (Self::Pending | Self::Asked { attempt: 0, .. }, E::MessageStarted { attempt: 1, .. }) => {
                Self::Running { attempt: 1 }
            }
            (
                Self::Delayed { attempt, .. },
                E::AttemptStarted { attempt: next, .. } | E::MessageStarted { attempt: next, .. },
            ) if attempt.checked_add(1) == Some(*next) => Self::Running { attempt: *next },
            // A message can be answered before its delivery is confirmed.
            (
                Self::Running { attempt } | Self::Delayed { attempt, .. } | Self::InDoubt { attempt },
                E::StepSucceeded { attempt: Some(closed), .. },
            ) if attempt == *closed => Self::Succeeded,
            (Self::Running { attempt }, E::StepAsked { attempt: Some(closed), until, .. })
                if attempt == *closed =>
            {
                Self::Asked { until: *until, attempt }
            }
            (Self::Running { attempt }, E::StepFailed { attempt: Some(closed), .. })
                if attempt == *closed =>
            {
                Self::Failed { attempt }
            }
            (Self::Running { attempt }, E::StepDelayed { attempt: closed, until, .. })
                if attempt == *closed =>
            {
                Self::Delayed { attempt, until: *until }
            }
            // The next page is due at once.
            (Self::Running { attempt }, E::PageReceived { attempt: closed, .. }) if attempt == *closed => {
                Self::Delayed { attempt, until: at }
            }
            (Self::Running { attempt }, E::StepInDoubt { attempt: closed, .. }) if attempt == *closed => {
                Self::InDoubt { attempt }
            }
            (Self::InDoubt { attempt }, E::DoubtResolved { attempt: closed, ruling, .. })
                if attempt == *closed =>
            {
                match ruling {
                    Ruling::Happened { .. } => Self::Succeeded,
                    Ruling::HandedOver { until } => Self::Asked { until: *until, attempt },
                    Ruling::DidNotHappen => Self::Delayed { attempt, until: at },
                }
            }
            (Self::Pending, E::StepSkipped { .. }) => Self::Skipped,
            (Self::Pending, E::StepOpened { items, .. }) => Self::Open { items: *items },
            (Self::Pending, E::StepAsked { until, attempt: None, .. }) => {
                Self::Asked { until: *until, attempt: 0 }
            }
            (Self::Asked { .. } | Self::Open { .. }, E::StepSucceeded { attempt: None, .. }) => {
                Self::Succeeded
            }
            (Self::Pending | Self::Open { .. }, E::StepFailed { attempt: None, .. }) => {
                Self::Failed { attempt: 0 }
            }
            // A waiting step can fail before its next attempt: an argument may be unavailable once the run is resumed.
            (
                Self::Delayed { attempt, .. } | Self::Asked { attempt, .. },
                E::StepFailed { attempt: None, .. },
            ) => Self::Failed { attempt },
            _ => return Err(IllegalEvent::new(event, self.to_string())),
        };
        Ok(next)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("the step has not started"),
            Self::Running { attempt } => write!(f, "attempt {attempt} of the step is running"),
            Self::Delayed { attempt, .. } => {
                write!(f, "attempt {attempt} of the step has ended, and the next is due")
            }
            Self::Asked { .. } => f.write_str("the step waits for an answer from outside"),
            Self::Open { .. } => f.write_str("the parts of the step are running"),
            Self::Skipped => f.write_str("the step was skipped"),
            Self::InDoubt { attempt } => write!(f, "attempt {attempt} of the step is in doubt"),
            Self::Succeeded => f.write_str("the step has already succeeded"),
            Self::Failed { .. } => f.write_str("the step has already failed"),
        }
    }
}

/// An event that is illegal at its position in the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{event}`{} is illegal here: {reason}", .step.as_ref().map(|step| format!(" of step `{step}`")).unwrap_or_default())]
pub struct IllegalEvent {
    /// The name of the event.
    pub event: &'static str,
    /// The step that the event concerns.
    pub step: Option<String>,
    /// Why it is illegal.
    pub reason: String,
}

impl IllegalEvent {
    /// Reports `event` as illegal because of `reason`.
    pub fn new(event: &Event, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        if let Some(attempt) = event.attempt() {
            reason = format!("it is of attempt {attempt}, and {reason}");
        }
        Self { event: event.name(), step: event.step().map(str::to_owned), reason }
    }
}
