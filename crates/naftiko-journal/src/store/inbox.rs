//! Messages to the process that drives a run.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::error::Fault;
use super::row::Head;
use super::seal::{Keys, Purpose};
use super::{Store, StoreError, json};

/// A message to the process that drives a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The number of the message; later messages have higher ones.
    pub id: i64,
    /// The content of the message.
    pub content: Value,
}

impl Store {
    /// Posts a message to the process that drives a run, and returns its number. The message is encrypted, since it may
    /// hold an answer.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], or why it could not be stored.
    pub fn post(&self, run: &str, message: &Value) -> Result<i64, StoreError> {
        let (run, message) = (run.to_owned(), message.to_string());
        let keys = Arc::clone(&self.inner.keys);
        self.write(move |connection| {
            Head::find(connection, &run)?.ok_or_else(|| StoreError::unknown(&run))?;
            leave(connection, &keys, &run, &message)
        })
    }

    /// Like [`post`](Self::post), but only if `seq` is still the last record of the run and `last` its last message;
    /// returns `None` otherwise.
    ///
    /// # Errors
    /// As [`post`](Self::post).
    pub fn post_unless_changed(
        &self,
        run: &str,
        message: &Value,
        seq: u64,
        last: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let (run, message) = (run.to_owned(), message.to_string());
        let keys = Arc::clone(&self.inner.keys);
        self.write(move |connection| {
            let head = Head::find(connection, &run)?.ok_or_else(|| StoreError::unknown(&run))?;
            let latest: Option<i64> = connection
                .prepare_cached("SELECT max(id) FROM inbox WHERE run = ?1")?
                .query_row([&run], |row| row.get(0))?;
            if (head.seq, latest) != (seq, last) {
                return Ok(None);
            }
            leave(connection, &keys, &run, &message).map(Some)
        })
    }

    /// The messages for a run, oldest first. They remain until they are [`taken`](Self::taken).
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn inbox(&self, run: &str) -> Result<Vec<Message>, StoreError> {
        self.read(|connection| {
            let mut found =
                connection.prepare_cached("SELECT id, sealed FROM inbox WHERE run = ?1 ORDER BY id")?;
            let mut rows = found.query([run])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                let (id, sealed): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                let undecodable =
                    |reason: &str| StoreError::undecodable(run, format!("message {id}"), &reason);
                let text = self
                    .inner
                    .keys
                    .to_open(connection)?
                    .open(Purpose::Message { run }, &sealed)
                    .ok_or_else(|| undecodable("it was changed or damaged"))?;
                let content = json::written(&text).map_err(|error| undecodable(&error.to_string()))?;
                messages.push(Message { id, content });
            }
            Ok(messages)
        })
    }

    /// The runs with pending messages, ordered by the first message of each.
    ///
    /// # Errors
    /// Why they could not be read.
    pub fn inbox_runs(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut found =
                connection.prepare_cached("SELECT run FROM inbox GROUP BY run ORDER BY min(id)")?;
            let rows = found.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The number of the last message ever posted to any run: while it is unchanged, there is no new message.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn last_message(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            let last = connection
                .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(last.unwrap_or(0))
        })
    }

    /// Removes handled messages; unknown numbers are ignored.
    ///
    /// # Errors
    /// Why they could not be removed.
    pub fn taken(&self, ids: &[i64]) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        // Handling a message twice has no further effect, so the removal need not survive a power failure.
        self.write_for_now(move |connection| remove(connection, &ids))
    }
}

/// Inserts a message for an existing run, and returns its number.
fn leave(connection: &Connection, keys: &Keys, run: &str, message: &str) -> Result<i64, Fault> {
    let sealed = keys.to_seal(connection)?.seal(Purpose::Message { run }, message.as_bytes())?;
    connection
        .prepare_cached("INSERT INTO inbox (run, sealed) VALUES (?1, ?2)")?
        .execute(params![run, sealed])?;
    Ok(connection.last_insert_rowid())
}

/// Removes messages.
pub(super) fn remove(connection: &Connection, ids: &[i64]) -> Result<(), Fault> {
    for id in ids {
        connection.prepare_cached("DELETE FROM inbox WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}
