//! Exit codes; they are stable and documented in the README.

use std::io;
use std::process::ExitCode;

use naftiko_journal::Status;
use naftiko_text::{Printable, printable};

/// The result of a command, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command succeeded.
    Done = 0,
    /// The document has errors.
    Errors = 1,
    /// The arguments are invalid, or something that the command needs is missing.
    Usage = 2,
    /// The run failed.
    Failed = 3,
    /// The run waits, or was interrupted.
    Waiting = 4,
    /// An effect is in doubt.
    InDoubt = 5,
    /// The run was cancelled.
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

/// An error that ends a command.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A usage error: something is missing or invalid. The message is one line.
    Usage(String),
    /// A usage error with several lines.
    Lines(Printable),
    /// Standard output could not be written.
    Output(io::Error),
}

impl Stop {
    /// The message for the operator.
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
