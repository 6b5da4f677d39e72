//! Creates runs and appends their records.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

use super::error::Fault;
use super::moment::{micros, micros_up};
use super::plans::keep_plan;
use super::row::{Head, insert};
use super::run_row::RunRow;
use super::seal::{Keys, Purpose};
use super::{Store, StoreError, inbox, json};
use crate::{Entry, Event, Journal, JournalError, Standing, Status};

/// A run to create.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// The id of the run, which must be unused.
    pub id: &'a str,
    /// The name of the composition.
    pub composition: &'a str,
    /// The plan, as JSON.
    pub plan: &'a str,
    /// The sources of the plan, for later comparison.
    pub origin: &'a Value,
    /// The creation time.
    pub at: Timestamp,
}

impl Store {
    /// Creates a run without records. The run is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::RunExists`], or why it could not be stored.
    pub fn create_run(&self, run: &NewRun<'_>) -> Result<(), StoreError> {
        self.write(create(run)?)
    }

    /// As [`append`](Journal::append), and removes the inbox messages that led to the records, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::OutOfSequence`] if a record is not the next of its run; [`StoreError::UnknownRun`], or why the
    /// records could not be stored.
    pub async fn append_taking(
        &self,
        run: &str,
        entries: Vec<Entry>,
        standing: Standing,
        taken: &[i64],
    ) -> Result<(), StoreError> {
        let batch = Batch::new(run, entries, standing, taken)?;
        let (keys, place) = (Arc::clone(&self.inner.keys), Arc::clone(&self.inner.place));
        let keep = move |connection: &Connection| {
            let head = batch.keep(connection, &keys)?;
            place.mark.note(&batch.run, &head);
            Ok(())
        };
        self.writer()?.queue(keep).await
    }
}

/// Prepares the insertion of a run without records.
pub(super) fn create(
    run: &NewRun<'_>,
) -> Result<impl Fn(&Connection) -> Result<(), Fault> + Send + 'static, StoreError> {
    let (id, composition) = (run.id.to_owned(), run.composition.to_owned());
    let (plan, origin) = (run.plan.to_owned(), run.origin.to_string());
    let (at, status) = (micros(run.at), status_word(Status::Running)?);
    Ok(move |connection: &Connection| {
        if Head::find(connection, &id)?.is_some() {
            return Err(StoreError::RunExists { run: id.clone() }.into());
        }
        let plan = keep_plan(connection, &plan)?;
        RunRow::new(&id, &composition, at, &status, plan, origin.clone()).insert(connection)
    })
}

#[async_trait]
impl Journal for Store {
    /// The entries are durable when this returns. They are stored even if the future is dropped.
    async fn append(&self, run: &str, entries: Vec<Entry>, standing: Standing) -> Result<(), JournalError> {
        self.append_taking(run, entries, standing, &[]).await.map_err(|error| error.of_journal("written"))
    }
}

/// The records of one call of `append`.
#[derive(Debug)]
struct Batch {
    run: String,
    drafts: Vec<Draft>,
    status: String,
    due: Option<i64>,
    taken: Vec<i64>,
}

/// A record to insert. It is serialized when it is inserted, so that the texts of several large records are never in
/// memory together.
#[derive(Debug)]
struct Draft {
    seq: u64,
    at: Timestamp,
    shown: Event,
    /// The full event, if it differs from the redacted one.
    real: Option<Event>,
}

impl Batch {
    fn new(run: &str, entries: Vec<Entry>, standing: Standing, taken: &[i64]) -> Result<Self, StoreError> {
        Ok(Self {
            run: run.to_owned(),
            drafts: entries.into_iter().map(|entry| Draft::new(run, entry)).collect::<Result<_, _>>()?,
            status: status_word(standing.status)?,
            due: standing.due.map(micros_up),
            taken: taken.to_vec(),
        })
    }

    /// Inserts all records and updates the run; returns the new head of its chain.
    fn keep(&self, connection: &Connection, keys: &Keys) -> Result<Head, Fault> {
        let run = &self.run;
        let mut row = RunRow::find(connection, run)?.ok_or_else(|| StoreError::unknown(run))?;
        for draft in &self.drafts {
            let due = row.head.seq + 1;
            if draft.seq != due {
                return Err(StoreError::OutOfSequence { run: run.clone(), found: draft.seq, due }.into());
            }
            row.head = draft.keep(connection, keys, run, &row.head)?;
            row.updated = micros(draft.at);
        }
        row.status.clone_from(&self.status);
        row.due = self.due;
        row.update(connection)?;
        inbox::remove(connection, &self.taken)?;
        Ok(row.head)
    }
}

impl Draft {
    fn new(run: &str, entry: Entry) -> Result<Self, StoreError> {
        let Entry { record, shown } = entry;
        if record.run != run {
            return Err(StoreError::ForeignRecord { run: run.to_owned(), found: record.run });
        }
        let real = (record.event != shown).then_some(record.event);
        Ok(Self { seq: record.seq, at: record.at, shown, real })
    }

    /// Inserts the record after `head`; returns the new head.
    fn keep(&self, connection: &Connection, keys: &Keys, run: &str, head: &Head) -> Result<Head, Fault> {
        let seq = self.seq;
        let text = |event| json::text(event).map_err(|error| unkeepable("a record", &error));
        let sealed = match &self.real {
            Some(real) => {
                let key = keys.to_seal(connection)?;
                Some(key.seal(Purpose::Event { run, seq }, text(real)?.as_bytes())?)
            }
            None => None,
        };
        let (at, shown) = (self.at.to_string(), text(&self.shown)?);
        let next = head.after(seq, &at, &shown, sealed.as_deref());
        insert(connection, run, seq, &at, shown, sealed, &next.sum)?;
        Ok(next)
    }
}

/// A status as in JSON, without the quotes.
pub(super) fn status_word(status: Status) -> Result<String, StoreError> {
    match serde_json::to_value(status) {
        Ok(Value::String(word)) => Ok(word),
        Ok(other) => Err(unkeepable("a status", &format!("it is not a text but `{other}`"))),
        Err(error) => Err(unkeepable("a status", &error)),
    }
}

fn unkeepable(what: &'static str, reason: &impl ToString) -> StoreError {
    StoreError::Unkeepable { what, reason: reason.to_string() }
}
