//! Runs whose process ended before their first record. Nothing was sent for them.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::append::{NewRun, create, status_word};
use super::error::Fault;
use super::lease::{self, Lease};
use super::moment::micros;
use super::run_row::RunRow;
use super::{Store, StoreError};
use crate::Status;

impl Store {
    /// Creates a run without records and takes its lease, in one transaction, so that the run never looks abandoned.
    /// The run is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::RunExists`], or why it could not be stored.
    pub fn begin_run(&self, run: &NewRun<'_>) -> Result<Lease, StoreError> {
        let (id, at, holder) = (run.id.to_owned(), run.at, Arc::clone(&self.inner.holder));
        let create = create(run)?;
        let name = self.write(move |connection| {
            create(connection)?;
            lease::take(connection, &holder, &id, at)
        })?;
        Ok(self.leased(run.id, name))
    }

    /// The runs without records that no living process drives: nothing was or will be sent for them.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn unstarted(&self) -> Result<Vec<String>, StoreError> {
        let holder = Arc::clone(&self.inner.holder);
        self.read(|connection| abandoned(connection, &holder))
    }

    /// Removes those of these runs that are still [`unstarted`](Self::unstarted); returns the removed ones.
    ///
    /// # Errors
    /// Why they could not be removed; all remain then.
    pub fn remove_unstarted(&self, runs: &[String]) -> Result<Vec<String>, StoreError> {
        let (holder, runs) = (Arc::clone(&self.inner.holder), runs.to_vec());
        self.write(move |connection| {
            let mut found = abandoned(connection, &holder)?;
            found.retain(|run| runs.contains(run));
            for run in &found {
                connection.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([run])?;
            }
            super::prune::remove_unused_plans(connection)?;
            Ok(found)
        })
    }

    /// Cancels a run that has no records.
    ///
    /// # Errors
    /// [`StoreError::OutOfSequence`] if the run has records, [`StoreError::UnknownRun`], or why it could not be stored.
    pub fn cancel_unstarted(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let (run, updated, status) = (lease.run().to_owned(), micros(at), status_word(Status::Cancelled)?);
        self.write(move |connection| {
            let mut row = RunRow::find(connection, &run)?.ok_or_else(|| StoreError::unknown(&run))?;
            if row.head.seq > 0 {
                let due = row.head.seq + 1;
                return Err(StoreError::OutOfSequence { run: run.clone(), found: 1, due }.into());
            }
            row.status.clone_from(&status);
            (row.due, row.updated) = (None, updated);
            row.update(connection)
        })
    }
}

/// The runs without records that are not over and that no living process drives.
pub(super) fn abandoned(connection: &Connection, holder: &lease::Holder) -> Result<Vec<String>, Fault> {
    let running = status_word(Status::Running)?;
    let mut found =
        connection.prepare_cached("SELECT id FROM runs WHERE seq = 0 AND status = ?1 ORDER BY id")?;
    let ids: Vec<String> = found.query_map([running], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut abandoned = Vec::new();
    for id in ids {
        if lease::held(connection, holder, &id)?.is_none() {
            abandoned.push(id);
        }
    }
    Ok(abandoned)
}
