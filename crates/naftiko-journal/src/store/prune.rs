//! Removes runs.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::error::Fault;
use super::moment::micros;
use super::{Store, StoreError, lease, row};

/// The statuses of runs that are over. Any other run is removed only if it is named.
const OVER: &str = "'succeeded', 'failed', 'compensated', 'cancelled'";

/// The runs to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prune {
    /// Every run that is over and had its last record before this time, and every run without records that was created
    /// before it.
    Finished {
        /// The limit.
        before: Timestamp,
    },
    /// The named runs, whether they are over or not.
    Runs(Vec<String>),
}

impl Store {
    /// Removes runs with their records and messages, and the plans that no other run has; returns the number of runs
    /// removed.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Held`] if a process drives a named run, or why they could not be
    /// removed; all runs remain then.
    pub fn prune(&self, which: Prune) -> Result<usize, StoreError> {
        let (holder, place) = (Arc::clone(&self.inner.holder), Arc::clone(&self.inner.place));
        self.write(move |connection| {
            holder.clear_up(connection)?;
            place.mark.erase()?;
            let mut removed = 0;
            for run in chosen(connection, &which)? {
                match (lease::held(connection, &holder, &run)?, &which) {
                    (None, _) => {
                        connection.prepare_cached("DELETE FROM runs WHERE id = ?1")?.execute([&run])?;
                        removed += 1;
                    }
                    (Some(error), Prune::Runs(_)) => return Err(error.into()),
                    (Some(_), Prune::Finished { .. }) => {}
                }
            }
            remove_unused_plans(connection)?;
            Ok(removed)
        })
    }
}

/// Removes the plans that no run has.
pub(super) fn remove_unused_plans(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch(
        "DELETE FROM plans WHERE hash NOT IN (SELECT plan FROM runs UNION SELECT plan FROM earlier_plans)",
    )?;
    Ok(())
}

/// The ids of the selected runs, each once.
fn chosen(connection: &Connection, which: &Prune) -> Result<Vec<String>, Fault> {
    match which {
        Prune::Finished { before } => {
            let sql = format!(
                "SELECT id FROM runs WHERE updated < ?1 AND (status IN ({OVER}) OR (seq = 0 AND status = 'running')) ORDER BY id"
            );
            let mut found = connection.prepare(&sql)?;
            let rows = found.query_map(params![micros(*before)], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        }
        Prune::Runs(named) => {
            let mut ids = named.clone();
            ids.sort();
            ids.dedup();
            for id in &ids {
                row::Head::find(connection, id)?.ok_or_else(|| StoreError::unknown(id))?;
            }
            Ok(ids)
        }
    }
}
