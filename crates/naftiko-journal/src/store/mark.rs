//! The high-water mark: the last committed record, duplicated in a file beside the database.
//!
//! SQLite reads its write-ahead log up to the first damaged page and treats the rest as never written: one damaged byte
//! silently drops the latest records. Such a loss always includes the record written last, so one mark detects it. The
//! mark is written after the records are durable, and can itself be lost in a power failure: it never names a record
//! that was not stored. A mark with unexpected content is rejected, because an older database could lie beside it; an
//! operator can remove the file to continue without it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ring::digest;
use rusqlite::Connection;

use super::error::Fault;
use super::row::Head;
use super::{StoreError, folder, protection};

/// All marks have this length in bytes, so that a shorter mark leaves no rest of a longer one, and rewriting needs no
/// space.
const LENGTH: usize = 512;
/// The text of an empty mark: no record was stored, or runs were removed.
const NOTHING: &str = "nothing";
/// How often a mark that seems damaged is read: another process may be rewriting it.
const ATTEMPTS: usize = 20;
/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(5);

/// The file of the mark, and the record to write to it next.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    /// The last record of the transaction in progress.
    noted: Option<Said>,
}

/// The content of a mark: the record that was committed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    run: String,
    seq: u64,
    /// The first eight bytes of the record's checksum, in hexadecimal.
    sum: String,
}

impl Said {
    fn of(run: &str, head: &Head) -> Self {
        Self { run: run.to_owned(), seq: head.seq, sum: hex(&head.sum) }
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.seq, self.sum, self.run)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (seq, sum, run) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        Some(Self { run: run.to_owned(), seq, sum: sum.to_owned() })
    }

    /// Whether a database of this format holds the marked record.
    fn holds(&self, format: i64, connection: &Connection) -> Result<bool, Fault> {
        // Format 0 is an empty database.
        if format == 0 {
            return Ok(false);
        }
        let found = Head::find(connection, &self.run)?;
        Ok(found
            .is_some_and(|head| head.seq > self.seq || (head.seq == self.seq && hex(&head.sum) == self.sum)))
    }
}

/// The complete file content of a mark.
fn written(said: Option<&Said>) -> Vec<u8> {
    let text = said.map_or_else(|| NOTHING.to_owned(), Said::text);
    let line = format!("{} {text}\n", sum_of(&text));
    format!("{line:<LENGTH$}\n").into_bytes()
}

/// Parses the file content of a mark; `None` for an empty mark. An error if any byte is not as it was written.
fn read_back(bytes: &[u8]) -> Result<Option<Said>, ()> {
    let line = std::str::from_utf8(bytes).ok().and_then(|text| text.lines().next());
    let (_, text) = line.and_then(|line| line.split_once(' ')).ok_or(())?;
    let said = if text == NOTHING { None } else { Some(Said::parse(text).ok_or(())?) };
    if written(said.as_ref()) == bytes { Ok(said) } else { Err(()) }
}

impl Mark {
    pub(super) fn new(dir: &Path) -> Self {
        Self { path: dir.join("journal.mark"), state: Mutex::default() }
    }

    /// Creates an empty mark if there is none.
    ///
    /// INVARIANT: only one process opens the journal at this point, so all processes write to the same file later.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        protection::check_entry(&self.path)?;
        if self.path.exists() { Ok(()) } else { folder::replace(&self.path, &written(None)) }
    }

    /// Remembers the last record of the transaction in progress.
    pub(super) fn note(&self, run: &str, head: &Head) {
        self.with(|state| state.noted = Some(Said::of(run, head)));
    }

    /// Forgets the remembered record, because its transaction was not committed.
    pub(super) fn forget(&self) {
        self.with(|state| state.noted = None);
    }

    /// Writes the remembered record, which is durable now, to the mark.
    pub(super) fn make(&self) {
        self.with(|state| {
            let Some(said) = state.noted.take() else { return };
            if self.write(state, &said).is_err() {
                // The existing mark is older, but not wrong.
                state.file = None;
            }
        });
    }

    fn write(&self, state: &mut State, said: &Said) -> Result<(), StoreError> {
        let content = written(Some(said));
        let unwritten = |error: &io::Error| StoreError::file(&self.path, "written", error);
        let file = match &mut state.file {
            Some(file) => file,
            empty => match self.open(OpenOptions::new().write(true))? {
                Some(file) => empty.insert(file),
                // The file was removed in the meantime.
                None => return folder::replace(&self.path, &content),
            },
        };
        // One write call, so that a killed process does not leave a partial mark.
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&content));
        written.map_err(|error| unwritten(&error))
    }

    /// Empties the mark, because the record it names may be about to be removed from the database.
    pub(super) fn erase(&self) -> Result<(), StoreError> {
        self.forget();
        match self.open(OpenOptions::new().write(true))? {
            Some(mut file) => file
                .write_all(&written(None))
                .map_err(|error| StoreError::file(&self.path, "written", &error)),
            None => Ok(()),
        }
    }

    /// Reads the mark; `None` if it is empty or missing. The mark follows the database, so a caller that compares them
    /// reads the mark first.
    ///
    /// # Errors
    /// [`StoreError::DamagedMark`] if the content is not as it was written, or why it cannot be read.
    pub(super) fn said(&self) -> Result<Option<Said>, StoreError> {
        for attempt in 1.. {
            let Some(file) = self.open(OpenOptions::new().read(true))? else { break };
            let mut bytes = Vec::new();
            // One byte more than a mark has, to detect a longer file.
            let most = u64::try_from(LENGTH + 2).unwrap_or(u64::MAX);
            file.take(most)
                .read_to_end(&mut bytes)
                .map_err(|error| StoreError::file(&self.path, "read", &error))?;
            match read_back(&bytes) {
                Ok(said) => return Ok(said),
                Err(()) if attempt < ATTEMPTS => thread::sleep(PAUSE),
                Err(()) => return Err(StoreError::DamagedMark { path: self.path.clone() }),
            }
        }
        Ok(None)
    }

    /// Rejects a database that lacks the marked record, unless the mark has changed since it was read: then the record
    /// was removed with its run.
    pub(super) fn check(
        &self,
        mut said: Option<Said>,
        database: &Path,
        format: i64,
        connection: &Connection,
    ) -> Result<(), Fault> {
        while let Some(last) = said {
            if last.holds(format, connection)? {
                return Ok(());
            }
            let now = self.said()?;
            if now.as_ref() == Some(&last) {
                let Said { run, seq, .. } = last;
                return Err(StoreError::Lost {
                    path: database.to_owned(),
                    run,
                    seq,
                    mark: self.path.clone(),
                }
                .into());
            }
            said = now;
        }
        Ok(())
    }

    /// Opens the file; `None` if there is none.
    fn open(&self, options: &mut OpenOptions) -> Result<Option<File>, StoreError> {
        match protection::open(&self.path, options, "opened")? {
            Ok(file) => Ok(Some(file)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(StoreError::file(&self.path, "opened", &error)),
        }
    }

    fn with(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first eight bytes, in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.first_chunk().map(|first| format!("{:016x}", u64::from_be_bytes(*first))).unwrap_or_default()
}

fn sum_of(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
