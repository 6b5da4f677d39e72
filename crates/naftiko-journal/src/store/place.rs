//! The location of a journal: the folder, its files, and their permissions.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use super::mark::Mark;
use super::{StoreError, protection};

/// How often to try the lock while another process opens the journal: ten seconds in all.
const ATTEMPTS: usize = 2000;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(5);

/// A state folder and the paths in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) database: PathBuf,
    /// The folder with one lock file for each living process that drives runs.
    pub(super) holders: PathBuf,
    /// The high-water mark.
    pub(super) mark: Mark,
    /// Locked by a process while it opens the journal.
    opening: PathBuf,
    /// The identities of the database files at the time of opening.
    opened: OnceLock<[Option<Identity>; 3]>,
}

/// The files of a journal.
const FILES: [&str; 6] =
    ["journal.db", "journal.db-wal", "journal.db-shm", "journal.key", "journal.mark", "journal.lock"];

/// Identifies a file: its device and its inode number.
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

    /// Remembers the identities of the database files, which must not change from now on.
    pub(super) fn is_opened(&self) {
        // Setting it a second time has no effect.
        let _opened = self.opened.set(self.identities());
    }

    /// Checks that the database files are still the ones that were opened. A removed, moved or replaced file can still
    /// be written, and the data would be lost.
    pub(super) fn still_there(&self) -> Result<(), StoreError> {
        match self.opened.get() {
            Some(opened) if *opened != self.identities() => {
                Err(StoreError::Gone { path: self.database.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The identities of the database, its log, and the log's index: while one of them is open, so are the others.
    fn identities(&self) -> [Option<Identity>; 3] {
        ["journal.db", "journal.db-wal", "journal.db-shm"].map(|name| identity(&self.dir.join(name)))
    }

    /// Creates the folder and an empty database if they are missing. No other process or thread opens the journal until
    /// the result is dropped.
    pub(super) fn prepare(&self) -> Result<File, StoreError> {
        self.check()?;
        make_folder(&self.dir)?;
        self.check()?;
        let mut options = OpenOptions::new();
        let opening =
            protection::open(&self.opening, options.create(true).truncate(false).write(true), "opened")?
                .map_err(|error| self.unwritable(&self.opening, "opened", &error))?;
        self.alone(&opening)?;
        // INVARIANT: only SQLite opens an existing database: on POSIX, closing the file elsewhere would release
        // SQLite's locks.
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

    /// Rejects a state folder that other users can change, and files in it that they can change.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        protection::check_folder(&self.dir)?;
        for name in FILES {
            protection::check_entry(&self.dir.join(name))?;
        }
        protection::check_entry(&self.holders)
    }

    /// Waits until no other process is opening the journal, with a limit, because that process may be stopped.
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

    /// Whether the database file exists.
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

/// `None` if there is no file, or on platforms without inodes, where an open file cannot be removed.
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

/// Creates a folder that only its owner can access, unless it exists.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| StoreError::file(path, "made", &error))
}

/// Sets the mode of new files so that only their owner can access them.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the entries of a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| StoreError::file(path, "synced", &error))?;
    }
    Ok(())
}
