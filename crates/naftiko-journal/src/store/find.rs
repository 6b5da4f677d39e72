//! Looks up a run by a prefix of its id.

use rusqlite::Connection;

use super::error::Fault;
use super::read::{Summary, summary};
use super::{Store, StoreError};

/// The maximum number of ids listed for an ambiguous prefix.
const LISTED: i64 = 5;

/// The least similarity at which an id is suggested, from 0 to 1.
const LIKENESS: f64 = 0.6;

impl Store {
    /// The run with this id, or the only one whose id starts with it.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`] with the most similar id, [`StoreError::Ambiguous`], or why it could not be read.
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

/// At most `LISTED` ids with this prefix; none for the empty prefix.
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

/// The id whose beginning is most similar to `asked`, if any reaches `LIKENESS`.
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
