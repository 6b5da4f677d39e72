//! A durable journal, in SQLite.
//!
//! One thread writes and acknowledges what it wrote once that is durable. Concurrent appends are committed together,
//! each of them all or nothing. Readers do not wait for the writer. Only redacted events are stored unencrypted; a
//! record that differs from its redacted form is encrypted with a key in a file of its own. Every record carries a
//! checksum over itself and the record before it, so that an edited, lost or swapped record is detected.
//!
//! The store does not interpret events: it stores records in order and reports which runs are due.

mod append;
mod approvals;
mod connect;
mod error;
mod find;
mod folder;
mod inbox;
mod json;
mod lease;
mod mark;
mod moment;
mod place;
mod plans;
mod protection;
mod prune;
mod read;
mod row;
mod run_row;
mod schema;
mod seal;
mod signature;
mod unstarted;
mod verify;
mod writer;

pub use append::NewRun;
pub use approvals::Approval;
pub use error::StoreError;
pub use inbox::Message;
pub use lease::Lease;
pub use plans::EarlierPlan;
pub use prune::Prune;
pub use read::Summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use connect::Readers;
use error::Fault;
use lease::Holder;
use place::Place;
use seal::Keys;
use writer::{Durability, Writer};

/// The durable journal of a state folder. Clones share the journal.
///
/// Only [`append`](crate::Journal::append) is asynchronous; everything else is short and blocks.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// The options for opening a [`Store`].
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The file with the key that encrypts sensitive values: 32 bytes. The default is `journal.key` in the folder,
    /// which is created when it is first needed.
    pub key_file: Option<PathBuf>,
}

#[derive(Debug)]
struct Inner {
    place: Arc<Place>,
    readers: Readers,
    keys: Arc<Keys>,
    /// `None` for a store that only reads.
    writer: Option<Writer>,
    // INVARIANT: declared after the writer, so that it is dropped later: leases may rely on it until the writer is
    // gone.
    holder: Arc<Holder>,
}

impl Store {
    /// Opens the journal in a folder for writing, and creates both if they are missing.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be written, or is not a journal that this version knows.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(dir, Options::default())
    }

    /// Opens the journal in a folder for writing, with these options.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, StoreError> {
        let place = Arc::new(Place::new(dir));
        let writer = Writer::start(connect::to_write(&place)?, &place)?;
        Ok(Self::assembled(place, options, Some(writer)))
    }

    /// Opens the journal in a folder for reading only; `None` if there is none. Creates nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be read, or is not a journal that this version knows.
    pub fn open_existing(dir: &Path) -> Result<Option<Self>, StoreError> {
        Self::open_existing_with(dir, Options::default())
    }

    /// Opens the journal in a folder for reading only, with these options.
    ///
    /// # Errors
    /// As [`open_existing`](Self::open_existing).
    pub fn open_existing_with(dir: &Path, options: Options) -> Result<Option<Self>, StoreError> {
        let place = Arc::new(Place::new(dir));
        place.check()?;
        if !place.is_there()? {
            return Ok(None);
        }
        let store = Self::assembled(place, options, None);
        Ok(store.inner.readers.check()?.then_some(store))
    }

    fn assembled(place: Arc<Place>, options: Options, writer: Option<Writer>) -> Self {
        let readers = Readers::new(Arc::clone(&place));
        let keys = Arc::new(Keys::new(&place.dir, options.key_file));
        let holder = Arc::new(Holder::new(place.holders.clone()));
        Self { inner: Arc::new(Inner { place, readers, keys, writer, holder }) }
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        let read_only = || StoreError::ReadOnly { path: self.inner.place.database.clone() };
        self.inner.writer.as_ref().ok_or_else(read_only)
    }

    /// Runs `work` in a transaction, all or nothing, and blocks until it is durable.
    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer()?.wait(Durability::Power, work)
    }

    /// Like `write`, for changes that need not survive a power failure.
    fn write_for_now<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer()?.wait(Durability::Process, work)
    }

    /// Reads one consistent state of the journal.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.inner.readers.with(read)
    }
}

#[cfg(test)]
mod tests;
