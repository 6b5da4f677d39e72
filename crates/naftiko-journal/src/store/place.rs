//! Where a journal is kept: the folder, its files, and who may read them.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use super::mark::Mark;
use super::{StoreError, protection};

/// How often another process is seen to open the journal, ten seconds in all, before it is given up.
const ATTEMPTS: usize = 2000;
/// How long to wait in between.
const PAUSE: Duration = Duration::from_millis(5);

/// A folder of state and the names of what is in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) database: PathBuf,
    /// One file for each living process that drives runs.
    pub(super) holders: PathBuf,
    /// What was kept last.
    pub(super) mark: Mark,
    /// Locked by whoever opens the journal, for as long as that takes.
    opening: PathBuf,
    /// What stood where the files of the database are when it was opened.
    opened: OnceLock<[Option<Identity>; 3]>,
}

/// The files of a journal.
const FILES: [&str; 6] =
    ["journal.db", "journal.db-wal", "journal.db-shm", "journal.key", "journal.mark", "journal.lock"];

/// What tells one file from another: its device and its number there.
type Identity = (u64, u64);

impl Place {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            database: dir.join("journal.db"),
            holders: dir.join("holders"),
            mark: Mark::new(dir),
            opening: dir.join("journal.lock"),
            opened: OnceLock::new(),
        }
    }

    /// From now on the files of the database are to stay where they are.
    pub(super) fn is_opened(&self) {
        // Opened once, it stays so.
        let _opened = self.opened.set(self.identities());
    }

    /// Whether what is opened is still what stands there. A file that was removed, moved or replaced can be written as
    /// before, and nobody would ever find it.
    pub(super) fn still_there(&self) -> Result<(), StoreError> {
        match self.opened.get() {
            Some(opened) if *opened != self.identities() => {
                Err(StoreError::Gone { path: self.database.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The database, its log, and the index of that: for as long as one is open, so are the others.
    fn identities(&self) -> [Option<Identity>; 3] {
        ["journal.db", "journal.db-wal", "journal.db-shm"].map(|name| identity(&self.dir.join(name)))
    }

    /// Makes the folder and an empty database where they are missing. Until the result is dropped, no other process
    /// or thread is at it.
    pub(super) fn prepare(&self) -> Result<File, StoreError> {
        self.check()?;
        make_folder(&self.dir)?;
        self.check()?;
        let mut options = OpenOptions::new();
        let opening =
            protection::open(&self.opening, options.create(true).truncate(false).write(true), "opened")?
                .map_err(|error| self.unwritable(&self.opening, "opened", &error))?;
        self.alone(&opening)?;
        // INVARIANT: nothing but SQLite opens a database that is there: on POSIX, closing it would drop SQLite's locks.
        match private(OpenOptions::new().create_new(true).write(true)).open(&self.database) {
            Ok(made) => {
                made.sync_all().map_err(|error| StoreError::file(&self.database, "made", &error))?;
                sync_folder(&self.dir)?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.is_there()?;
            }
            Err(error) => return Err(self.unwritable(&self.database, "made", &error)),
        }
        Ok(opening)
    }

    /// Refuses a folder that others than its owner could have changed, and files in it that they could change.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        protection::check_folder(&self.dir)?;
        for name in FILES {
            protection::check_entry(&self.dir.join(name))?;
        }
        protection::check_entry(&self.holders)
    }

    /// Waits until no other process opens the journal; not for ever, since one may be stopped in the middle of it.
    fn alone(&self, opening: &File) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            match opening.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::file(&self.opening, "locked", &error));
                }
            }
        }
        Err(StoreError::Busy { path: self.database.clone() })
    }

    /// Whether there is a file that may be a database.
    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        match fs::metadata(&self.database) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => Err(StoreError::NotADatabase { path: self.database.clone() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::file(&self.database, "read", &error)),
        }
    }

    fn unwritable(&self, path: &Path, action: &'static str, error: &io::Error) -> StoreError {
        if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
            return StoreError::file(path, action, error);
        }
        let concerned = if self.database.exists() { &self.database } else { &self.dir };
        StoreError::ReadOnly { path: concerned.clone() }
    }
}

/// Nothing where there is no file, or where files cannot be told apart: there, one that is open cannot be removed.
fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Makes a folder that only its owner may look into, unless it is there.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| StoreError::file(path, "made", &error))
}

/// These options, for files that only their owner may read.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes durable which files a folder has.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| StoreError::file(path, "synced", &error))?;
    }
    Ok(())
}
