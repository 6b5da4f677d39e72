//! The last record that was kept, told once more beside the database.
//!
//! SQLite reads its log up to the first page that is not as it was written, and takes what follows for never written:
//! one damaged byte and the latest records are gone without a word. What is lost there is always the end of what was
//! written last, so one mark is enough to miss it. It is made once the records are durable, and may itself be lost with
//! the power: it never tells of what was not kept.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ring::digest;
use rusqlite::Connection;

use super::StoreError;
use super::error::Fault;
use super::place::private;
use super::row::Head;

/// One mark is as long as another, so that none shows behind a later one.
const LENGTH: usize = 512;

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

    fn line(&self) -> String {
        let text = format!("{} {} {}", self.seq, self.sum, self.run);
        format!("{} {text}", sum_of(&text))
    }

    /// Nothing if it is not as it was written: then it says nothing.
    fn parse(line: &str) -> Option<Self> {
        let (sum, text) = line.split_once(' ')?;
        let mut parts = text.splitn(3, ' ');
        let (seq, own, run) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        (sum_of(text) == sum).then(|| Self { run: run.to_owned(), seq, sum: own.to_owned() })
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

impl Mark {
    pub(super) fn new(dir: &Path) -> Self {
        Self { path: dir.join("journal.mark"), state: Mutex::default() }
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

    fn write(&self, state: &mut State, said: &Said) -> std::io::Result<()> {
        let file = match &mut state.file {
            Some(file) => file,
            empty => {
                let mut options = OpenOptions::new();
                let made = private(options.create(true).truncate(false).write(true)).open(&self.path)?;
                empty.insert(made)
            }
        };
        file.seek(SeekFrom::Start(0))?;
        // At once, so that no process that is killed leaves half of it.
        file.write_all(format!("{:<LENGTH$}\n", format!("{}\n", said.line())).as_bytes())
    }

    /// Removes what was said: what it says is about to be removed from the database.
    pub(super) fn erase(&self) -> Result<(), StoreError> {
        self.forget();
        let erased = OpenOptions::new().write(true).open(&self.path).and_then(|file| file.set_len(0));
        match erased {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::file(&self.path, "written", &error))
            }
            _ => Ok(()),
        }
    }

    /// What was said last; nothing if nothing was, or nothing that can be read. Whoever compares it with the database
    /// has to read it first, for it follows the database.
    pub(super) fn said(&self) -> Option<Said> {
        let mut text = String::new();
        let most = u64::try_from(LENGTH).unwrap_or(u64::MAX);
        File::open(&self.path).ok()?.take(most).read_to_string(&mut text).ok()?;
        Said::parse(text.lines().next()?)
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
            let now = self.said();
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
