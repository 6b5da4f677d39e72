//! The high-water mark: the last committed record, noted once more in a file beside the database.
//!
//! SQLite reads its log up to the first page that is not as it was written, and takes what follows for never written:
//! one damaged byte and the latest records are gone without a word. What is lost there is always the end of what was
//! written last, so one mark is enough to miss it. It is made once the records are durable, and may itself be lost with
//! the power: it never tells of what was not kept. A mark that is not exactly as it was written is refused, since an
//! older database could lie beside it; only an operator who removes it goes on without.

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

/// One mark is as long as another, so that none shows behind a later one, and writing one needs no more room.
const LENGTH: usize = 512;
/// What a mark says that says nothing: no record was kept, or runs were removed.
const NOTHING: &str = "nothing";
/// How often a mark is read that seems damaged: another process may be about to write it.
const ATTEMPTS: usize = 20;
/// How long to wait in between.
const PAUSE: Duration = Duration::from_millis(5);

/// Where the mark is made.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    /// The last record of what is committed next.
    noted: Option<Said>,
}

/// What a mark says: that this record was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    run: String,
    seq: u64,
    /// The beginning of its sum.
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

    /// Whether a database of this format has what the mark says.
    fn holds(&self, format: i64, connection: &Connection) -> Result<bool, Fault> {
        // An empty one has nothing.
        if format == 0 {
            return Ok(false);
        }
        let found = Head::find(connection, &self.run)?;
        Ok(found
            .is_some_and(|head| head.seq > self.seq || (head.seq == self.seq && hex(&head.sum) == self.sum)))
    }
}

/// The whole file of a mark.
fn written(said: Option<&Said>) -> Vec<u8> {
    let text = said.map_or_else(|| NOTHING.to_owned(), Said::text);
    let line = format!("{} {text}\n", sum_of(&text));
    format!("{line:<LENGTH$}\n").into_bytes()
}

/// What the file of a mark says; nothing, if that is what it says. An error if it is not exactly what was written.
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

    /// Makes a mark that says nothing where there is none.
    ///
    /// INVARIANT: only one process opens the journal now, so all of them write to the same file later.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        protection::check_entry(&self.path)?;
        if self.path.exists() { Ok(()) } else { folder::replace(&self.path, &written(None)) }
    }

    /// Notes the last record of what is being written.
    pub(super) fn note(&self, run: &str, head: &Head) {
        self.with(|state| state.noted = Some(Said::of(run, head)));
    }

    /// Forgets what was noted: it was not kept.
    pub(super) fn forget(&self) {
        self.with(|state| state.noted = None);
    }

    /// Makes the mark of what was noted, which is durable now.
    pub(super) fn make(&self) {
        self.with(|state| {
            let Some(said) = state.noted.take() else { return };
            if self.write(state, &said).is_err() {
                // The mark that is there says less, and nothing wrong.
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
                // It was removed since.
                None => return folder::replace(&self.path, &content),
            },
        };
        // At once, so that no process that is killed leaves half of it.
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&content));
        written.map_err(|error| unwritten(&error))
    }

    /// Removes what was said: what it says is about to be removed from the database.
    pub(super) fn erase(&self) -> Result<(), StoreError> {
        self.forget();
        match self.open(OpenOptions::new().write(true))? {
            Some(mut file) => file
                .write_all(&written(None))
                .map_err(|error| StoreError::file(&self.path, "written", &error)),
            None => Ok(()),
        }
    }

    /// What was said last; nothing if nothing was. Whoever compares it with the database has to read it first, for it
    /// follows the database.
    ///
    /// # Errors
    /// [`StoreError::DamagedMark`] if it is not as it was written, or why it cannot be read.
    pub(super) fn said(&self) -> Result<Option<Said>, StoreError> {
        for attempt in 1.. {
            let Some(file) = self.open(OpenOptions::new().read(true))? else { break };
            let mut bytes = Vec::new();
            // One more than a mark has, to see that it is longer.
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

    /// Refuses a database that lacks what was said, unless something else is said by now: then the record was removed
    /// with its run since the mark was read.
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

    /// The file; `None` if there is none.
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

/// The first eight bytes, as text.
fn hex(bytes: &[u8]) -> String {
    bytes.first_chunk().map(|first| format!("{:016x}", u64::from_be_bytes(*first))).unwrap_or_default()
}

fn sum_of(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
