//! Reading runs and their records.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::error::Fault;
use super::moment::{micros, timestamp};
use super::row::{number, real_records, records};
use super::{Store, StoreError};
use crate::{Record, Status};

/// A run at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// The name of the composition.
    pub composition: String,
    /// When it was created.
    pub created: Timestamp,
    /// When its last record was written.
    pub updated: Timestamp,
    /// Its status.
    pub status: Status,
    /// When it next has something to do by itself; `None` if it waits for somebody, or is over.
    pub due: Option<Timestamp>,
    /// How many records it has.
    pub events: u64,
    /// What its plan was made from, as [`NewRun`](super::NewRun) said.
    pub origin: Value,
}

/// The columns of a [`Summary`].
const COLUMNS: &str = "id, composition, created, updated, status, due, seq, origin";

impl Store {
    /// The full records of a run, in order; empty for an unknown run.
    ///
    /// # Errors
    /// [`StoreError::Altered`] if they are not what was written, [`StoreError::KeyMissing`] or [`StoreError::KeyWrong`]
    /// if some are sealed, or why they could not be read.
    pub fn records(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| real_records(connection, run, &self.inner.keys))
    }

    /// The records of a run in the form that may be shown, in order; empty for an unknown run.
    ///
    /// # Errors
    /// [`StoreError::Altered`] if they are not what was written, or why they could not be read.
    pub fn shown(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| records(connection, run, |row| Ok(row.shown(run)?)))
    }

    /// The run with this id.
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

    /// The ids of the runs that have something to do now, the longest due first.
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

    /// When the next run has something to do, which may be in the past; `None` if no run has.
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

/// The run of this id.
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
