//! The row of a run, apart from its records, and the checksums over it.

use ring::digest::{Context, SHA256};
use rusqlite::{Connection, params};

use super::StoreError;
use super::error::Fault;
use super::row::{Head, integer, number};

/// The length of a checksum in bytes.
const LENGTH: usize = 32;

/// A row of the table `runs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunRow {
    pub(super) id: String,
    pub(super) composition: String,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) status: String,
    pub(super) due: Option<i64>,
    pub(super) head: Head,
    /// The hash of the run's plan.
    pub(super) plan: Vec<u8>,
    pub(super) origin: String,
    /// The stored checksums; `None` in an earlier format that is opened only for reading.
    stored: Option<Vec<u8>>,
}

impl RunRow {
    /// The row of a new run without records.
    pub(super) fn new(
        id: &str,
        composition: &str,
        created: i64,
        status: &str,
        plan: Vec<u8>,
        origin: String,
    ) -> Self {
        Self {
            id: id.to_owned(),
            composition: composition.to_owned(),
            created,
            updated: created,
            status: status.to_owned(),
            due: None,
            head: Head::of_new(id),
            plan,
            origin,
            stored: None,
        }
    }

    /// The row of this run; `None` for an unknown run.
    pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<Self>, Fault> {
        let checksum = if connection.column_exists(None, "runs", "checksum")? { "checksum" } else { "NULL" };
        let mut found = connection.prepare_cached(&format!(
            "SELECT composition, created, updated, status, due, seq, sum, plan, origin, {checksum}
             FROM runs WHERE id = ?1"
        ))?;
        let mut rows = found.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Self {
            id: id.to_owned(),
            composition: row.get(0)?,
            created: row.get(1)?,
            updated: row.get(2)?,
            status: row.get(3)?,
            due: row.get(4)?,
            head: Head { seq: number(row.get(5)?)?, sum: row.get(6)? },
            plan: row.get(7)?,
            origin: row.get(8)?,
            stored: row.get(9)?,
        }))
    }

    /// Rejects a row whose id, composition, creation time, plan or origin changed: they decide how the run continues.
    pub(super) fn check_identity(&self) -> Result<(), StoreError> {
        self.refuse_unless(|stored| stored.first_chunk() == Some(&self.identity()))
    }

    /// Rejects a row in which any column changed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.refuse_unless(|stored| *stored == *checksum(&self.identity(), &self.standing()))
    }

    fn refuse_unless(&self, is_intact: impl Fn(&[u8]) -> bool) -> Result<(), StoreError> {
        match &self.stored {
            Some(stored) if !is_intact(stored) => Err(StoreError::AlteredRun { run: self.id.clone() }),
            _ => Ok(()),
        }
    }

    /// Sets another plan.
    pub(super) fn replace_plan(&mut self, plan: Vec<u8>) {
        self.plan = plan;
        self.stored = Some(self.identity().to_vec());
    }

    /// Inserts the row.
    pub(super) fn insert(&self, connection: &Connection) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "INSERT INTO runs (id, composition, created, updated, status, due, seq, sum, plan, origin, checksum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                self.id,
                self.composition,
                self.created,
                self.updated,
                self.status,
                self.due,
                integer(self.head.seq)?,
                self.head.sum,
                self.plan,
                self.origin,
                checksum(&self.identity(), &self.standing()),
            ])?;
        Ok(())
    }

    /// Stores the columns that may change. An alteration of any other column remains detectable.
    pub(super) fn update(&self, connection: &Connection) -> Result<(), Fault> {
        connection
            .prepare_cached(
                "UPDATE runs SET updated = ?2, status = ?3, due = ?4, seq = ?5, sum = ?6, plan = ?7, checksum = ?8
                 WHERE id = ?1",
            )?
            .execute(params![
                self.id,
                self.updated,
                self.status,
                self.due,
                integer(self.head.seq)?,
                self.head.sum,
                self.plan,
                checksum(self.stored.as_ref().and_then(|it| it.get(..LENGTH)).unwrap_or_default(), &self.standing()),
            ])?;
        Ok(())
    }

    /// The checksum of the columns that are fixed, except for a change of plan.
    fn identity(&self) -> [u8; LENGTH] {
        sum(&[
            b"naftiko run 1",
            self.id.as_bytes(),
            self.composition.as_bytes(),
            &self.created.to_be_bytes(),
            &self.plan,
            self.origin.as_bytes(),
        ])
    }

    /// The checksum of the columns that change with every record.
    fn standing(&self) -> [u8; LENGTH] {
        let due = self.due.map(i64::to_be_bytes);
        sum(&[
            b"naftiko standing 1",
            self.id.as_bytes(),
            &self.updated.to_be_bytes(),
            self.status.as_bytes(),
            due.as_ref().map_or(&[], |due| due.as_slice()),
            &self.head.seq.to_be_bytes(),
            &self.head.sum,
        ])
    }
}

/// The stored form: both checksums.
fn checksum(identity: &[u8], standing: &[u8]) -> Vec<u8> {
    [identity, standing].concat()
}

/// Hashes the parts, each with its length, so that bytes cannot move from one part to the next.
fn sum(parts: &[&[u8]]) -> [u8; LENGTH] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

/// Gives every run a checksum; rows of an earlier format are trusted as they are.
pub(super) fn add_checksums(connection: &Connection) -> rusqlite::Result<()> {
    let ids: Vec<String> = connection
        .prepare("SELECT id FROM runs")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids {
        let add = |row: Option<RunRow>| match row {
            Some(mut row) => {
                row.replace_plan(row.plan.clone());
                row.update(connection)
            }
            None => Ok(()),
        };
        match RunRow::find(connection, &id).and_then(add) {
            Err(Fault::Sqlite(error)) => return Err(error),
            // `verify` reports numbers out of range.
            Ok(()) | Err(Fault::Store(_)) => {}
        }
    }
    Ok(())
}
