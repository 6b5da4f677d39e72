//! Checks that a journal still holds what was written to it.

use rusqlite::Connection;
use serde_json::Value;

use super::error::Fault;
use super::plans::hash;
use super::read::summary;
use super::row::{Head, Row};
use super::run_row::RunRow;
use super::seal::Keys;
use super::{Store, StoreError};

/// Finds the problems of one part of the journal.
type Part = fn(&Connection, &Keys, &mut Vec<String>) -> Result<(), Fault>;

impl Store {
    /// The problems of the journal, in words; empty if it is intact.
    ///
    /// The legality of events depends on the steps of the plan, and is checked by the [`Ledger`](crate::Ledger).
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be read at all.
    pub fn verify(&self) -> Result<Vec<String>, StoreError> {
        let database = &self.inner.place.database;
        self.read(|connection| {
            let mut problems = Vec::new();
            // Damage may abort each of these checks at any point; the remaining ones still run.
            for part in [pages as Part, plans, runs, approvals] {
                if let Err(fault) = part(connection, &self.inner.keys, &mut problems) {
                    problems.push(fault.at(database).to_string());
                }
            }
            Ok(problems)
        })
    }
}

/// Checks the approvals of the operator.
fn approvals(connection: &Connection, keys: &Keys, _: &mut Vec<String>) -> Result<(), Fault> {
    super::approvals::verified(connection, keys).map(|_| ())
}

/// Checks the database file.
fn pages(connection: &Connection, _: &Keys, problems: &mut Vec<String>) -> Result<(), Fault> {
    let mut check = connection.prepare("PRAGMA integrity_check")?;
    for line in check.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            problems.push(format!("the database is damaged: {line}"));
        }
    }
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let tables = check.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))?;
    for tables in tables {
        let (table, parent) = tables?;
        problems.push(format!("a row of `{table}` has no row of `{parent}`"));
    }
    Ok(())
}

fn plans(connection: &Connection, _: &Keys, problems: &mut Vec<String>) -> Result<(), Fault> {
    let mut found = connection.prepare("SELECT hash, plan FROM plans ORDER BY rowid")?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        let (name, plan): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        let problem = if hash(&plan) == name {
            serde_json::from_str::<Value>(&plan).err().map(|error| error.to_string())
        } else {
            Some("it was changed or damaged".to_owned())
        };
        if let Some(problem) = problem {
            problems.push(format!("the plan of {}: {problem}", users(connection, &name)?));
        }
    }
    Ok(())
}

/// The runs that have or had this plan, as text.
fn users(connection: &Connection, plan: &[u8]) -> Result<String, Fault> {
    let mut found = connection.prepare_cached(
        "SELECT id FROM runs WHERE plan = ?1 UNION SELECT run FROM earlier_plans WHERE plan = ?1 ORDER BY 1",
    )?;
    let runs = found.query_map([plan], |row| Ok(format!("`{}`", row.get::<_, String>(0)?)))?;
    let runs: Vec<String> = runs.collect::<Result<_, _>>()?;
    Ok(if runs.is_empty() { "no run".to_owned() } else { format!("run {}", runs.join(", ")) })
}

fn runs(connection: &Connection, keys: &Keys, problems: &mut Vec<String>) -> Result<(), Fault> {
    let mut found = connection.prepare("SELECT id FROM runs ORDER BY id")?;
    let ids: Vec<String> = found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in ids {
        match one_run(connection, keys, &id) {
            Ok(found) => problems.extend(found),
            Err(Fault::Store(error)) => problems.push(error.to_string()),
            Err(Fault::Sqlite(error)) => problems.push(format!("run `{id}` cannot be read: {error}")),
        }
    }
    Ok(())
}

fn one_run(connection: &Connection, keys: &Keys, run: &str) -> Result<Vec<String>, Fault> {
    let mut problems = Vec::new();
    if let Err(Fault::Store(error)) = summary(connection, run) {
        problems.push(error.to_string());
    }
    let rows = Row::of(connection, run)?;
    let mut head = Head::of_new(run);
    for row in &rows {
        if row.seq != head.seq + 1 {
            problems.push(missing(run, head.seq + 1, row.seq));
        } else if head.followed_by(row).is_none() {
            problems.push(StoreError::Altered { run: run.to_owned(), seq: row.seq }.to_string());
        } else if let Err(error) = readable(connection, keys, run, row)? {
            problems.push(error.to_string());
        }
        // Continue from the stored checksum, so that one alteration is reported once.
        head = Head { seq: row.seq, sum: row.sum.clone() };
    }
    match Head::find(connection, run)? {
        Some(written) if written.seq > head.seq => problems.push(missing(run, head.seq + 1, written.seq + 1)),
        Some(written) if written != head => {
            problems.push(format!("the number of records of run `{run}` is wrong"));
        }
        _ => {}
    }
    // An alteration that was found above is not reported again.
    if problems.is_empty()
        && let Some(Err(error)) = RunRow::find(connection, run)?.map(|row| row.check())
    {
        problems.push(error.to_string());
    }
    Ok(problems)
}

/// Whether both forms of a record can be decoded.
fn readable(
    connection: &Connection,
    keys: &Keys,
    run: &str,
    row: &Row,
) -> Result<Result<(), StoreError>, Fault> {
    let both = row.shown(run).map_err(Fault::from).and_then(|_| row.real(run, || keys.to_open(connection)));
    match both {
        Ok(_) => Ok(Ok(())),
        Err(Fault::Store(error)) => Ok(Err(error)),
        Err(fault) => Err(fault),
    }
}

/// Reports that the records from `first` up to and excluding `next` are missing.
fn missing(run: &str, first: u64, next: u64) -> String {
    match next.saturating_sub(first) {
        0 | 1 => format!("record {first} of run `{run}` is missing"),
        _ => format!("records {first} to {} of run `{run}` are missing", next - 1),
    }
}
