//! Reading runs and their records.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::error::Fault;
use super::moment::{micros, timestamp};
use super::row::{number, real_records, records};
use super::{Store, StoreError};
use crate::{Record, Status};

/// A summary of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The id of the run.
    pub id: String,
    /// The name of the composition.
    pub composition: String,
    /// When it was created.
    pub created: Timestamp,
    /// When its last record was written.
    pub updated: Timestamp,
    /// The status of the run.
    pub status: Status,
    /// When the run next has work without input from outside; `None` if it waits for such input, or is over.
    pub due: Option<Timestamp>,
    /// The number of its records.
    pub events: u64,
    /// The sources of its plan, as given by [`NewRun`](super::NewRun).
    pub origin: Value,
}

/// The columns of a [`Summary`].
const COLUMNS: &str = "id, composition, created, updated, status, due, seq, origin";

impl Store {
    /// The full records of a run, in order; empty for an unknown run.
    ///
    /// # Errors
    /// [`StoreError::Altered`] if they are not as they were written, [`StoreError::KeyMissing`] or
    /// [`StoreError::KeyWrong`] if some are encrypted and cannot be decrypted, or why they could not be read.
    pub fn records(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| real_records(connection, run, &self.inner.keys))
    }

    /// The redacted records of a run, in order; empty for an unknown run.
    ///
    /// # Errors
    /// [`StoreError::Altered`] if they are not as they were written, or why they could not be read.
    pub fn shown(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| records(connection, run, |row| Ok(row.shown(run)?)))
    }

    /// The run with this id; `None` if there is none.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn run(&self, id: &str) -> Result<Option<Summary>, StoreError> {
        self.read(|connection| summary(connection, id))
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn runs(&self) -> Result<Vec<Summary>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM runs ORDER BY created DESC, rowid DESC");
            let mut found = connection.prepare_cached(&sql)?;
            let mut rows = found.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(summarized(row)?);
            }
            Ok(all)
        })
    }

    /// The ids of at most `limit` runs that are due at `now`, the longest due first.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<String>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut found =
                connection.prepare_cached("SELECT id FROM runs WHERE due <= ?1 ORDER BY due, id LIMIT ?2")?;
            let rows = found.query_map(params![micros(now), limit], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The earliest due time of any run, which may be in the past; `None` if no run has one.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            let due: Option<i64> = connection
                .prepare_cached("SELECT min(due) FROM runs WHERE due IS NOT NULL")?
                .query_row([], |row| row.get(0))?;
            Ok(due.map(timestamp).transpose()?)
        })
    }
}

/// The run with this id; `None` if there is none.
pub(super) fn summary(connection: &Connection, id: &str) -> Result<Option<Summary>, Fault> {
    let mut found = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))?;
    found.query_row([id], |row| Ok(summarized(row))).optional()?.transpose()
}

fn summarized(row: &rusqlite::Row<'_>) -> Result<Summary, Fault> {
    let id: String = row.get(0)?;
    let status = serde_json::from_value(Value::String(row.get(4)?))
        .map_err(|error| StoreError::undecodable(&id, "the status", &error))?;
    let origin: String = row.get(7)?;
    let origin =
        serde_json::from_str(&origin).map_err(|error| StoreError::undecodable(&id, "the origin", &error))?;
    let due: Option<i64> = row.get(5)?;
    Ok(Summary {
        composition: row.get(1)?,
        created: timestamp(row.get(2)?)?,
        updated: timestamp(row.get(3)?)?,
        status,
        due: due.map(timestamp).transpose()?,
        events: number(row.get(6)?)?,
        origin,
        id,
    })
}
