//! The errors of a store.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::ErrorCode;

use crate::JournalError;

/// An error of a [`Store`](crate::Store). Everything stored before remains stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says what its fields are")]
pub enum StoreError {
    /// The file at the database's path is not a database.
    #[error("`{path}` is not a database")]
    NotADatabase { path: PathBuf },
    /// The database belongs to another program.
    #[error("`{path}` is a database, but not a journal")]
    NotAJournal { path: PathBuf },
    /// A later version of `naftiko` wrote the database.
    #[error("`{path}` has format {found}, and this version supports formats up to {known}")]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// An earlier version wrote the database, and it cannot be migrated while it is only read.
    #[error("`{path}` has format {found}; a command that writes upgrades it to format {known}")]
    Older { path: PathBuf, found: i64, known: i64 },
    /// The database is damaged.
    #[error("`{path}` is damaged: {reason}")]
    Damaged { path: PathBuf, reason: String },
    /// The disk is full.
    #[error("there is no disk space left for `{path}`")]
    Full { path: PathBuf },
    /// The database can be read but not written.
    #[error("`{path}` is read-only")]
    ReadOnly { path: PathBuf },
    /// The last committed records are missing: the end of the log is damaged or gone, or the database is an older copy.
    #[error(
        "`{path}` has lost record {seq} of run `{run}` and possibly other recent records; restore the \
         database with its log, or remove `{mark}` to continue without them, which may repeat their effects"
    )]
    Lost { path: PathBuf, run: String, seq: u64, mark: PathBuf },
    /// The high-water mark beside the database has unexpected content.
    #[error(
        "`{path}` is damaged, so it is unknown whether the journal has lost recent records; restore both \
         files, or remove the mark to continue, which may repeat effects"
    )]
    DamagedMark { path: PathBuf },
    /// Other users can change the state folder, a folder on its path, or a file in it.
    #[error(
        "`{path}` is writable by users other than its owner, who could change runs; correct it with `chmod \
         go-w {}`",
        naftiko_text::shell_word(path)
    )]
    Exposed { path: PathBuf },
    /// A file or folder belongs neither to the user of this process nor to root.
    #[error(
        "`{path}` belongs to user {owner}, and this process runs as user {user}; a state folder must belong \
         to that user or to root"
    )]
    Foreign { path: PathBuf, owner: u32, user: u32 },
    /// A file of the state folder is a link.
    #[error("`{path}` is a link, and links in a state folder are not followed")]
    Link { path: PathBuf },
    /// The database files are no longer the ones that were opened.
    #[error("`{path}` was removed, moved or replaced while it was in use")]
    Gone { path: PathBuf },
    /// Other processes hold the lock for too long.
    #[error("`{path}` is busy: another process is writing to it")]
    Busy { path: PathBuf },
    /// A file or folder cannot be used.
    #[error("`{path}` cannot be {action}: {reason}")]
    File { path: PathBuf, action: &'static str, reason: String },
    /// The database rejected a statement.
    #[error("`{path}` cannot be used: {reason}")]
    Database { path: PathBuf, reason: String },
    /// The store is shutting down.
    #[error("the journal is closed")]
    Closed,

    /// No run has this id, or an id with this beginning.
    #[error("there is no run `{run}`{}", .nearest.as_ref().map(|id| format!("; the nearest is `{id}`")).unwrap_or_default())]
    UnknownRun { run: String, nearest: Option<String> },
    /// Several ids have this beginning.
    #[error("`{prefix}` may be {}", .runs.iter().map(|run| format!("`{run}`")).collect::<Vec<_>>().join(" or "))]
    Ambiguous { prefix: String, runs: Vec<String> },
    /// A run with this id exists.
    #[error("run `{run}` already exists")]
    RunExists { run: String },
    /// Another writer appended first, or a record is missing.
    #[error(
        "record {found} of run `{run}` cannot be stored: expected record {due}; another process may be \
         driving the run"
    )]
    OutOfSequence { run: String, found: u64, due: u64 },
    /// A record belongs to another run.
    #[error("a record of run `{found}` cannot be stored for run `{run}`")]
    ForeignRecord { run: String, found: String },
    /// Another process drives the run.
    #[error("run `{run}` is driven by process {pid} since {since}")]
    Held { run: String, pid: u32, since: Timestamp },

    /// A record, plan or message is not valid JSON, or is unknown to this version.
    #[error("{what} of run `{run}` cannot be parsed: {reason}")]
    Undecodable { run: String, what: String, reason: String },
    /// A record was altered or removed.
    #[error("record {seq} of run `{run}` was changed or damaged")]
    Altered { run: String, seq: u64 },
    /// An approval was altered, or written without the key of the journal.
    #[error("the approval of `{name}` for {origin} was changed or damaged, so no approval is valid")]
    ApprovalAltered { name: String, origin: String },
    /// The row of a run was altered.
    #[error("the stored data of run `{run}` was changed or damaged")]
    AlteredRun { run: String },
    /// Sensitive values were encrypted with a key that is missing.
    #[error("the key of the journal is missing: `{path}`")]
    KeyMissing { path: PathBuf },
    /// Sensitive values were encrypted with another key.
    #[error("`{path}` is not the key with which the journal was encrypted")]
    KeyWrong { path: PathBuf },
    /// A value cannot be stored.
    #[error("{what} cannot be stored: {reason}")]
    Unkeepable { what: &'static str, reason: String },
}

impl StoreError {
    pub(super) fn file(path: &Path, action: &'static str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path: path.to_owned() },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path: path.to_owned() },
            _ => Self::File { path: path.to_owned(), action, reason: error.to_string() },
        }
    }

    pub(super) fn unknown(run: &str) -> Self {
        Self::UnknownRun { run: run.to_owned(), nearest: None }
    }

    pub(super) fn undecodable(run: &str, what: impl Into<String>, error: &impl ToString) -> Self {
        Self::Undecodable { run: run.to_owned(), what: what.into(), reason: error.to_string() }
    }

    /// Converts the error to that of a journal that could not be written or read.
    pub(super) fn of_journal(&self, action: &'static str) -> JournalError {
        JournalError { action, reason: self.to_string() }
    }
}

/// An internal error that does not name its file yet.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Converts the error to that of the database at `path`.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => error,
        };
        let told = error.to_string();
        // SQLite appends the path to some messages; `StoreError` already names it.
        let reason = told.strip_suffix(&format!(": {}", path.display())).unwrap_or(&told).to_owned();
        let path = path.to_owned();
        if is_full(&error) {
            return StoreError::Full { path };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) | None => StoreError::Damaged { path, reason },
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::File { path, action: "opened", reason }
            }
            // A missing table or column, or a value of the wrong type: the database was changed from outside.
            Some(ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation | ErrorCode::Unknown) => {
                StoreError::Damaged { path, reason }
            }
            Some(_) => StoreError::Database { path, reason },
        }
    }

    /// Whether the disk was full.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => is_full(error),
            Self::Store(error) => matches!(error, StoreError::Full { .. }),
        }
    }
}

/// Whether the disk was full, for the database, its log, or the index of its log.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}
