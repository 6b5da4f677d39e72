//! A record as a row of the database, and the checksum that chains it to the one before it.

use ring::digest::{Context, SHA256};
use rusqlite::Connection;

use super::error::Fault;
use super::run_row::RunRow;
use super::seal::{Key, Keys, Purpose};
use super::{StoreError, json};
use crate::{Event, Record};

/// A row of the table `events`.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) at: String,
    /// The redacted event, as JSON.
    pub(super) event: String,
    /// The full event, encrypted; `None` if it equals the redacted one.
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) sum: Vec<u8>,
}

/// The head of a run's checksum chain, as stored with the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) sum: Vec<u8>,
}

impl Head {
    /// The head of a run without records. The chain starts with the run's id, so that rows cannot move to another run.
    pub(super) fn of_new(run: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"naftiko journal 1\0");
        context.update(run.as_bytes());
        Self { seq: 0, sum: context.finish().as_ref().to_vec() }
    }

    /// The head after this row.
    pub(super) fn after(&self, seq: u64, at: &str, event: &str, sealed: Option<&[u8]>) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&self.sum);
        context.update(&seq.to_be_bytes());
        for part in [Some(at.as_bytes()), Some(event.as_bytes()), sealed] {
            // Each part is preceded by its length, so that bytes cannot move from one part to the next.
            let length = part.map_or(u64::MAX, |part| u64::try_from(part.len()).unwrap_or(u64::MAX));
            context.update(&length.to_be_bytes());
            context.update(part.unwrap_or_default());
        }
        Self { seq, sum: context.finish().as_ref().to_vec() }
    }

    /// The head after a row that continues the chain; `None` if the row is out of sequence or was altered.
    pub(super) fn followed_by(&self, row: &Row) -> Option<Self> {
        let next = self.after(row.seq, &row.at, &row.event, row.sealed.as_deref());
        (row.seq == self.seq + 1 && row.sum == next.sum).then_some(next)
    }

    /// The head of this run; `None` for an unknown run.
    pub(super) fn find(connection: &Connection, run: &str) -> Result<Option<Self>, Fault> {
        let mut found = connection.prepare_cached("SELECT seq, sum FROM runs WHERE id = ?1")?;
        let mut rows = found.query([run])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Self { seq: number(row.get(0)?)?, sum: row.get(1)? }))
    }
}

impl Row {
    /// All rows of a run, in order.
    pub(super) fn of(connection: &Connection, run: &str) -> Result<Vec<Self>, Fault> {
        let mut found = connection
            .prepare_cached("SELECT seq, at, event, sealed, sum FROM events WHERE run = ?1 ORDER BY seq")?;
        let mut rows = found.query([run])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(Self {
                seq: number(row.get(0)?)?,
                at: row.get(1)?,
                event: row.get(2)?,
                sealed: row.get(3)?,
                sum: row.get(4)?,
            });
        }
        Ok(all)
    }

    /// The redacted record.
    pub(super) fn shown(&self, run: &str) -> Result<Record, StoreError> {
        let event = json::written(self.event.as_bytes()).map_err(|error| self.undecodable(run, &error))?;
        self.record(run, event)
    }

    /// The full record.
    pub(super) fn real(
        &self,
        run: &str,
        key: impl FnOnce() -> Result<std::sync::Arc<Key>, Fault>,
    ) -> Result<Record, Fault> {
        let Some(sealed) = &self.sealed else { return Ok(self.shown(run)?) };
        let altered = || StoreError::Altered { run: run.to_owned(), seq: self.seq };
        let event = key()?.open(Purpose::Event { run, seq: self.seq }, sealed).ok_or_else(altered)?;
        let event = json::written(&event).map_err(|error| self.undecodable(run, &error))?;
        Ok(self.record(run, event)?)
    }

    fn record(&self, run: &str, event: Event) -> Result<Record, StoreError> {
        let at = self.at.parse().map_err(|error| self.undecodable(run, &error))?;
        Ok(Record { run: run.to_owned(), seq: self.seq, at, event })
    }

    fn undecodable(&self, run: &str, error: &impl ToString) -> StoreError {
        StoreError::undecodable(run, format!("record {}", self.seq), error)
    }
}

/// Inserts a row. The event can be large: SQLite has a copy of a bound parameter, so the event is dropped before SQLite
/// makes another copy.
pub(super) fn insert(
    connection: &Connection,
    run: &str,
    seq: u64,
    at: &str,
    event: String,
    sealed: Option<Vec<u8>>,
    sum: &[u8],
) -> Result<(), Fault> {
    let mut insertion = connection.prepare_cached(
        "INSERT INTO events (run, seq, at, event, sealed, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insertion.raw_bind_parameter(1, run)?;
    insertion.raw_bind_parameter(2, integer(seq)?)?;
    insertion.raw_bind_parameter(3, at)?;
    insertion.raw_bind_parameter(4, &event)?;
    drop(event);
    insertion.raw_bind_parameter(5, &sealed)?;
    drop(sealed);
    insertion.raw_bind_parameter(6, sum)?;
    insertion.raw_execute()?;
    Ok(())
}

/// Converts all rows of a run to records, after verifying the checksums.
pub(super) fn records(
    connection: &Connection,
    run: &str,
    record: impl Fn(&Row) -> Result<Record, Fault>,
) -> Result<Vec<Record>, Fault> {
    let Some(written) = Head::find(connection, run)? else { return Ok(Vec::new()) };
    let mut head = Head::of_new(run);
    let rows = Row::of(connection, run)?;
    for row in &rows {
        let altered = || StoreError::Altered { run: run.to_owned(), seq: head.seq + 1 };
        head = head.followed_by(row).ok_or_else(altered)?;
    }
    if head != written {
        return Err(StoreError::Altered { run: run.to_owned(), seq: head.seq.min(written.seq) + 1 }.into());
    }
    RunRow::find(connection, run)?.map_or(Ok(()), |row| row.check_identity())?;
    rows.iter().map(record).collect()
}

/// The full records of a run.
pub(super) fn real_records(connection: &Connection, run: &str, keys: &Keys) -> Result<Vec<Record>, Fault> {
    records(connection, run, |row| row.real(run, || keys.to_open(connection)))
}

/// Converts a signed integer of the database.
pub(super) fn number(kept: i64) -> rusqlite::Result<u64> {
    u64::try_from(kept).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, kept))
}

/// Converts a number to a signed integer of the database.
pub(super) fn integer(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number)
        .map_err(|error| StoreError::Unkeepable { what: "the number of a record", reason: error.to_string() })
}
