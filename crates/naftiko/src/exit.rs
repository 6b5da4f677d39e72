//! Exit codes: documented in the README and stable.

use std::io;
use std::process::ExitCode;

use naftiko_journal::Status;
use naftiko_text::{Printable, printable};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Done = 0,
    /// The document has errors.
    Errors = 1,
    /// The command was not understood, or lacks something it needs.
    Usage = 2,
    /// The run failed.
    Failed = 3,
    /// The run waits for somebody.
    Waiting = 4,
    /// Nobody knows whether an effect happened.
    InDoubt = 5,
    /// Somebody ended it.
    Cancelled = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        match status {
            Status::Succeeded => Self::Done,
            Status::Failed | Status::Compensated | Status::Compensating => Self::Failed,
            Status::Waiting | Status::Running => Self::Waiting,
            Status::InDoubt => Self::InDoubt,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

/// Why a command could not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command lacks something or names something that is not there: why, in one line.
    Usage(String),
    /// The same, in several lines.
    Lines(Printable),
    /// A result could not be written, and somebody waits for it.
    Output(io::Error),
}

impl Stop {
    /// Why, as a person reads it.
    pub(crate) fn message(self) -> Printable {
        match self {
            Self::Usage(message) => message.into(),
            Self::Lines(message) => message,
            Self::Output(error) => printable!("the output cannot be written: {}", error),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
