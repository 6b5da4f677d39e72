//! The events of a run, their legal order, and where they are kept.
//!
//! The event stream is the interface of a run: the driver writes it, progress and reports read it, a resumed run is
//! built from it. An intent ([`Event::AttemptStarted`]) is in the journal before its effect, an outcome before anything
//! that depends on it. Which event may follow which is one table ([`Phase::after`]); the [`Ledger`] refuses a journal
//! that breaks it.

pub mod address;
mod event;
mod ledger;
mod memory;
mod phase;
pub mod store;

pub use address::Part;
pub use event::{
    Cause, Departure, Event, Failure, Message, Options, Record, Request, Ruling, Status, Through,
};
pub use ledger::{Ledger, RunPhase, Tally};
pub use memory::MemoryJournal;
pub use phase::{IllegalEvent, Phase};
pub use store::{Store, StoreError};

use async_trait::async_trait;
use jiff::Timestamp;

/// A record, and the form of it that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The record in full, with the values that later steps read.
    pub record: Record,
    /// Its event with `***` in place of sensitive values. A durable journal stores only this in clear.
    pub shown: Event,
}

/// The state of a run after an entry, as far as a scheduler of many runs needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// When it next has something to do by itself; `None` if it waits for somebody, or is over.
    pub due: Option<Timestamp>,
}

/// Where the events of runs are kept.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keeps the next entries of a run, all or none, and comes back once they are as durable as this journal makes them.
    ///
    /// # Errors
    /// [`JournalError`] when they could not be kept; then what they announce must not be done.
    async fn append(&self, run: &str, entries: Vec<Entry>, standing: Standing) -> Result<(), JournalError>;
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
