//! Finding a run by the beginning of its id.

use rusqlite::Connection;

use super::error::Fault;
use super::read::{Summary, summary};
use super::{Store, StoreError};

/// How many ids are listed when several begin alike.
const LISTED: i64 = 5;

/// How like an id has to be to be meant.
const LIKENESS: f64 = 0.6;

impl Store {
    /// The run with this id, or the only one whose id begins with it.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`] with the nearest id, [`StoreError::Ambiguous`], or why it could not be read.
    pub fn find(&self, prefix: &str) -> Result<Summary, StoreError> {
        self.read(|connection| {
            if let Some(exact) = summary(connection, prefix)? {
                return Ok(exact);
            }
            let mut ids = beginning(connection, prefix)?;
            if ids.len() > 1 {
                return Err(StoreError::Ambiguous { prefix: prefix.to_owned(), runs: ids }.into());
            }
            let found = ids.pop().map(|id| summary(connection, &id)).transpose()?;
            match found.flatten() {
                Some(found) => Ok(found),
                None => Err(StoreError::UnknownRun {
                    run: prefix.to_owned(),
                    nearest: nearest(connection, prefix)?,
                }
                .into()),
            }
        })
    }
}

/// Some of the ids with this beginning; none for an empty one, which means no run.
fn beginning(connection: &Connection, prefix: &str) -> Result<Vec<String>, Fault> {
    if prefix.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = connection.prepare_cached(
        "SELECT id FROM runs WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = found.query_map(rusqlite::params![prefix, LISTED], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The id that is most like what was asked for, as far as that goes.
fn nearest(connection: &Connection, asked: &str) -> Result<Option<String>, Fault> {
    let length = asked.chars().count();
    let mut found = connection.prepare_cached("SELECT id FROM runs ORDER BY id")?;
    let mut rows = found.query([])?;
    let mut best = None;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let beginning: String = id.chars().take(length).collect();
        let likeness = strsim::normalized_levenshtein(asked, &beginning);
        if likeness >= best.as_ref().map_or(LIKENESS, |(best, _)| *best) && length > 0 {
            best = Some((likeness, id));
        }
    }
    Ok(best.map(|(_, id)| id))
}
