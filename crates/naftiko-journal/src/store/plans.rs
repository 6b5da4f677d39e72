//! The plans of runs, each stored once for all runs that have it.

use jiff::Timestamp;
use ring::digest;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Fault;
use super::moment::{micros, timestamp};
use super::run_row::RunRow;
use super::{Store, StoreError};

/// A plan that a run had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierPlan {
    /// When it was replaced.
    pub until: Timestamp,
    /// The plan, as JSON.
    pub plan: String,
}

impl Store {
    /// The plan of a run, as JSON.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Undecodable`] if the plan is not as it was written, or why it could
    /// not be read.
    pub fn plan(&self, run: &str) -> Result<String, StoreError> {
        self.read(|connection| {
            let found: Option<(Vec<u8>, String)> = connection
                .prepare_cached(
                    "SELECT hash, plan FROM plans WHERE hash = (SELECT plan FROM runs WHERE id = ?1)",
                )?
                .query_row([run], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (name, plan) = found.ok_or_else(|| StoreError::unknown(run))?;
            // The plan decides what is sent, so it is verified.
            if hash(&plan) != name {
                return Err(StoreError::undecodable(run, "the plan", &"it was changed or damaged").into());
            }
            Ok(plan)
        })
    }

    /// Replaces the plan of a run. The previous plan is retained as one of the [`earlier_plans`](Self::earlier_plans).
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], or why it could not be stored.
    pub fn adopt_plan(&self, run: &str, plan: &str, at: Timestamp) -> Result<(), StoreError> {
        let (run, plan, at) = (run.to_owned(), plan.to_owned(), micros(at));
        self.write(move |connection| {
            let kept = connection.execute(
                "INSERT INTO earlier_plans (run, number, until, plan)
                 SELECT id, (SELECT count(*) FROM earlier_plans WHERE run = ?1), ?2, plan FROM runs WHERE id = ?1",
                params![run, at],
            )?;
            if kept == 0 {
                return Err(StoreError::unknown(&run).into());
            }
            let mut row = RunRow::find(connection, &run)?.ok_or_else(|| StoreError::unknown(&run))?;
            row.replace_plan(keep_plan(connection, &plan)?);
            row.update(connection)
        })
    }

    /// The previous plans of a run, oldest first.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn earlier_plans(&self, run: &str) -> Result<Vec<EarlierPlan>, StoreError> {
        self.read(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT until, plans.plan FROM earlier_plans JOIN plans ON hash = earlier_plans.plan
                 WHERE run = ?1 ORDER BY number",
            )?;
            let rows = found.query_map([run], |row| {
                Ok(EarlierPlan { until: timestamp(row.get(0)?)?, plan: row.get(1)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Stores a plan unless it is stored already; returns its hash.
pub(super) fn keep_plan(connection: &Connection, plan: &str) -> Result<Vec<u8>, Fault> {
    let hash = hash(plan);
    connection
        .prepare_cached("INSERT OR IGNORE INTO plans (hash, plan) VALUES (?1, ?2)")?
        .execute(params![hash, plan])?;
    Ok(hash)
}

/// The SHA-256 hash that identifies a plan.
pub(super) fn hash(plan: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, plan.as_bytes()).as_ref().to_vec()
}
