//! The events of a run, their legal order, and where they are kept.
//!
//! The event stream is the interface of a run: the driver writes it, progress and reports read it, a resumed run is
//! built from it. An intent ([`Event::AttemptStarted`]) is in the journal before its effect, an outcome before
//! anything that depends on it. Which event may follow which is one table ([`Phase::after`]); a journal that breaks
//! it is refused by the [`Ledger`].

mod event;
mod ledger;
mod memory;
mod phase;

pub use event::{Cause, Event, Failure, Options, Record, Request, Status};
pub use ledger::{Ledger, RunPhase, Tally};
pub use memory::MemoryJournal;
pub use phase::{IllegalEvent, Phase};

use jiff::Timestamp;

/// Where the events of runs are kept.
pub trait Journal: Send {
    /// Keeps an event as the next of a run, and gives back its record once it is as durable as this journal makes it.
    ///
    /// # Errors
    /// [`JournalError`] when it could not be kept; then what the event announces must not be done.
    fn append(&mut self, run: &str, at: Timestamp, event: Event) -> Result<Record, JournalError>;

    /// All records of a run, in order; empty for a run nobody began.
    ///
    /// # Errors
    /// [`JournalError`] when they could not be read.
    fn read(&self, run: &str) -> Result<Vec<Record>, JournalError>;
}

/// A journal could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not be {action}: {reason}")]
pub struct JournalError {
    /// `written` or `read`.
    pub action: &'static str,
    /// What went wrong.
    pub reason: String,
}

#[cfg(test)]
mod tests;
