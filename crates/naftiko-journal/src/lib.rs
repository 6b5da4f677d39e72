//! The events of a run, their legal order, and the journals that store them.
//!
//! The event stream is the interface of a run: the driver writes it, progress and reports read it, and a resumed run is
//! rebuilt from it. An intent ([`Event::AttemptStarted`]) is committed before its effect starts, and an outcome before
//! anything that depends on it. [`Phase::after`] is the one table of legal transitions; the [`Ledger`] rejects a
//! journal that violates it.

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

/// A record together with its redacted form.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The full record, with the values that later steps read.
    pub record: Record,
    /// The record's event with `***` in place of sensitive values. A durable journal stores only this form unencrypted.
    pub shown: Event,
}

/// The state of a run after an entry, as far as a scheduler of many runs needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The status of the run.
    pub status: Status,
    /// When the run next has work without input from outside; `None` if it waits for such input, or is over.
    pub due: Option<Timestamp>,
}

/// Stores the events of runs.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends the next entries of a run, all or none. Returns once they are as durable as this journal makes them.
    ///
    /// # Errors
    /// [`JournalError`] when the entries could not be stored; the effects they announce must not be started then.
    async fn append(&self, run: &str, entries: Vec<Entry>, standing: Standing) -> Result<(), JournalError>;
}

/// A journal could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not be {action}: {reason}")]
pub struct JournalError {
    /// `written` or `read`.
    pub action: &'static str,
    /// The cause, for people.
    pub reason: String,
}

#[cfg(test)]
mod tests;
