//! Leases: at most one living process drives a run.
//!
//! A process that drives runs holds a lock on a file for as long as it lives. The system releases the lock however the
//! process ends and whatever its clock shows, so a lease is valid exactly as long as the file of its holder is locked.
//! These files are created, inspected and removed only within a write transaction, so no process sees a partial one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Fault;
use super::moment::{micros, timestamp};
use super::place::make_folder;
use super::seal::random;
use super::writer::Durability;
use super::{Inner, Store, StoreError, protection};

/// The right to drive a run. It is released when the lease is dropped or the process ends.
#[derive(Debug)]
pub struct Lease {
    run: String,
    holder: String,
    inner: Arc<Inner>,
}

impl Lease {
    /// The id of the run.
    pub fn run(&self) -> &str {
        &self.run
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(writer) = &self.inner.writer else { return };
        let (run, holder) = (self.run.clone(), self.holder.clone());
        // If releasing fails, the lease ends with this process.
        let _ = writer.wait(Durability::Process, move |connection| {
            connection.execute("DELETE FROM leases WHERE run = ?1 AND holder = ?2", [&run, &holder])?;
            Ok(())
        });
    }
}

impl Store {
    /// Takes the lease of a run that no living process holds.
    ///
    /// # Errors
    /// [`StoreError::Held`] if a living process holds it, including this one; [`StoreError::UnknownRun`], or why it
    /// could not be taken.
    pub fn lease(&self, run: &str, at: Timestamp) -> Result<Lease, StoreError> {
        let (id, holder) = (run.to_owned(), Arc::clone(&self.inner.holder));
        // A lease is valid only while its process lives, so it need not survive a power failure.
        let holder = self.write_for_now(move |connection| take(connection, &holder, &id, at))?;
        Ok(self.leased(run, holder))
    }

    /// The lease that this process took under the name `holder`.
    pub(super) fn leased(&self, run: &str, holder: String) -> Lease {
        Lease { run: run.to_owned(), holder, inner: Arc::clone(&self.inner) }
    }
}

/// Takes the lease of a run; returns the name of its holder.
///
/// INVARIANT: `connection` is in a write transaction.
pub(super) fn take(
    connection: &Connection,
    holder: &Holder,
    run: &str,
    at: Timestamp,
) -> Result<String, Fault> {
    let mine = holder.name(connection)?;
    if let Some(error) = held(connection, holder, run)? {
        return Err(error.into());
    }
    if super::row::Head::find(connection, run)?.is_none() {
        return Err(StoreError::unknown(run).into());
    }
    connection.execute(
        "INSERT OR REPLACE INTO leases (run, holder, pid, since) VALUES (?1, ?2, ?3, ?4)",
        params![run, mine, std::process::id(), micros(at)],
    )?;
    Ok(mine)
}

impl Store {
    /// The process that drives a run; `None` if none does.
    ///
    /// # Errors
    /// Why it could not be determined.
    pub fn driven_by(&self, run: &str) -> Result<Option<u32>, StoreError> {
        let holder = Arc::clone(&self.inner.holder);
        self.read(|connection| {
            Ok(match held(connection, &holder, run)? {
                Some(StoreError::Held { pid, .. }) => Some(pid),
                _ => None,
            })
        })
    }
}

/// The living process that drives a run, as the error that reports it; `None` if there is none.
pub(super) fn held(connection: &Connection, holder: &Holder, run: &str) -> Result<Option<StoreError>, Fault> {
    let lease: Option<(String, u32, i64)> = connection
        .prepare_cached("SELECT holder, pid, since FROM leases WHERE run = ?1")?
        .query_row([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((name, pid, since)) = lease else { return Ok(None) };
    Ok(if holder.is(&name) || is_alive(&file(&holder.dir, &name))? {
        Some(StoreError::Held { run: run.to_owned(), pid, since: timestamp(since)? })
    } else {
        None
    })
}

/// The identity of this process in the leases of one store.
#[derive(Debug)]
pub(super) struct Holder {
    dir: PathBuf,
    named: Mutex<Option<Named>>,
}

/// A unique name, and the locked file that makes it valid.
#[derive(Debug)]
struct Named {
    name: String,
    path: PathBuf,
    /// Locked as long as it is open.
    _locked: File,
}

impl Holder {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, named: Mutex::default() }
    }

    /// Removes the files and leases of dead processes.
    pub(super) fn clear_up(&self, connection: &Connection) -> Result<(), Fault> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        bury(connection, &self.dir, named.as_ref().map(|named| named.name.as_str()))
    }

    /// Whether `name` is the name of this holder.
    fn is(&self, name: &str) -> bool {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.as_ref().is_some_and(|named| named.name == name)
    }

    /// The name, which is generated with the first lease.
    fn name(&self, connection: &Connection) -> Result<String, Fault> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = named.as_ref() {
            return Ok(named.name.clone());
        }
        bury(connection, &self.dir, None)?;
        let new = Named::new(&self.dir)?;
        let name = new.name.clone();
        *named = Some(new);
        Ok(name)
    }
}

impl Named {
    fn new(dir: &Path) -> Result<Self, StoreError> {
        make_folder(dir)?;
        let name = format!("{:032x}", u128::from_be_bytes(random()?));
        let path = file(dir, &name);
        let made = protection::open(&path, OpenOptions::new().create_new(true).write(true), "made")?;
        let locked = made.map_err(|error| StoreError::file(&path, "made", &error))?;
        let refused = |error: &io::Error| StoreError::file(&path, "locked", error);
        match locked.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(refused(&io::ErrorKind::WouldBlock.into())),
            Err(TryLockError::Error(error)) => return Err(refused(&error)),
        }
        Ok(Self { name, path, _locked: locked })
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        // If it remains, the next process removes it.
        let _ = fs::remove_file(&self.path);
    }
}

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.lock"))
}

/// Whether a process holds the lock on the file.
fn is_alive(path: &Path) -> Result<bool, StoreError> {
    let file = match protection::open(path, OpenOptions::new().read(true), "opened")? {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::file(path, "opened", &error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(StoreError::file(path, "locked", &error)),
    }
}

/// Removes the files and leases of dead holders; `own` is this process's own name.
///
/// INVARIANT: `connection` is in a write transaction, so no other process creates a file at the same time.
fn bury(connection: &Connection, dir: &Path, own: Option<&str>) -> Result<(), Fault> {
    let unread = |error| StoreError::file(dir, "read", &error);
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unread(error).into()),
    };
    for entry in entries {
        let path = entry.map_err(unread)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".lock")) else {
            continue;
        };
        if own == Some(name) || is_alive(&path)? {
            continue;
        }
        connection.execute("DELETE FROM leases WHERE holder = ?1", [name])?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::file(&path, "removed", &error).into());
            }
            _ => {}
        }
    }
    Ok(())
}
