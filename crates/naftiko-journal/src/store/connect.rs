//! Connections to the database: one for writing, several for reading.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::StoreError;
use super::error::{Fault, is_full};
use super::place::Place;
use super::schema::{self, Format, MIGRATIONS, READABLE};

/// How long a connection waits for a lock that another connection holds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The maximum number of idle connections retained for later reads.
const IDLE_READERS: usize = 4;

/// Opens the writing connection of the journal at `place`, which is created or migrated if necessary.
pub(super) fn to_write(place: &Place) -> Result<Connection, StoreError> {
    let _alone = place.prepare()?;
    let connection = open_to_write(place).map_err(|fault| fault.at(&place.database))?;
    place.is_opened();
    Ok(connection)
}

fn open_to_write(place: &Place) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&place.database, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let said = place.mark.said()?;
    // Checked before anything is changed: the database may be foreign, or of a version that this one does not know.
    let found = accept(schema::format(&connection)?, &place.database)?;
    if let Err(fault) = place.mark.check(said, &place.database, found, &connection) {
        // A checkpoint on close would discard the rest of the log.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Err(fault);
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 16 << 20, |_| Ok(()))?;
    accept(schema::migrate(&mut connection, MIGRATIONS)?, &place.database)?;
    place.mark.prepare()?;
    Ok(connection)
}

/// Opens a reading connection. Creates nothing.
fn to_read(place: &Place) -> Result<Connection, Fault> {
    match open_to_read(&place.database, OpenFlags::empty()) {
        Err(Fault::Sqlite(error)) if lacks_room_for_index(&error) => {
            // SQLite fails to create its index of the log. Without a log there is nothing to index.
            match immutable(place) {
                Some(uri) => open_to_read(Path::new(&uri), OpenFlags::SQLITE_OPEN_URI),
                None => Err(error.into()),
            }
        }
        other => other,
    }
}

fn open_to_read(path: &Path, more: OpenFlags) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    schema::format(&connection)?;
    Ok(connection)
}

fn lacks_room_for_index(error: &rusqlite::Error) -> bool {
    is_full(error) || matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// The URI that makes SQLite treat the database as immutable; `None` if its log has to be read as well.
fn immutable(place: &Place) -> Option<String> {
    let database = place.database.to_str()?;
    let log = std::fs::metadata(format!("{database}-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let escaped = database.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Some(format!("file:{escaped}?immutable=1"))
}

/// Rejects a database that is not a journal, or has a format that this version does not know.
fn accept(format: Format, path: &Path) -> Result<i64, StoreError> {
    let known = schema::latest(MIGRATIONS);
    match format {
        Format::Foreign => Err(StoreError::NotAJournal { path: path.to_owned() }),
        Format::Journal(found) if found > known => {
            Err(StoreError::Newer { path: path.to_owned(), found, known })
        }
        Format::Journal(found) => Ok(found),
    }
}

/// The reading connections.
#[derive(Debug)]
pub(super) struct Readers {
    place: Arc<Place>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place, idle: Mutex::default() }
    }

    /// Whether there is a journal to read, in a format that can be read; `false` for an empty database.
    pub(super) fn check(&self) -> Result<bool, StoreError> {
        let path = &self.place.database;
        let said = self.place.mark.said()?;
        self.with(|connection| {
            let found = accept(schema::format(connection)?, path)?;
            if found > 0 && found < READABLE {
                let known = schema::latest(MIGRATIONS);
                return Err(StoreError::Older { path: path.clone(), found, known }.into());
            }
            self.place.mark.check(said, path, found, connection)?;
            Ok(found > 0)
        })
    }

    /// Runs `read` on one snapshot of the database, unaffected by concurrent writes.
    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.snapshot(read).map_err(|fault| fault.at(&self.place.database))
    }

    fn snapshot<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        self.place.still_there()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => to_read(&self.place)?,
        };
        let transaction = connection.transaction()?;
        let result = read(&transaction)?;
        transaction.finish()?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        Ok(result)
    }
}
