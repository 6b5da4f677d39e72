//! A state folder and its content, for tests.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use naftiko_journal::store::NewRun;
use naftiko_journal::{Entry, Event, Record, Standing, Status, Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A run that waits for an answer from outside.
pub(crate) const WAITING: Standing = Standing { status: Status::Waiting, due: None };

/// A store in a new folder.
pub(crate) fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

/// A store in a new folder with these runs, created one second apart.
pub(crate) fn store_with(runs: &[&str]) -> (TempDir, Store) {
    let (dir, store) = store();
    for (second, run) in (0..).zip(runs) {
        begin(&store, run, second).unwrap();
    }
    (dir, store)
}

pub(crate) fn begin(store: &Store, run: &str, second: i64) -> Result<(), StoreError> {
    let origin = json!({"file": "onboarding.yaml"});
    store.create_run(&NewRun {
        id: run,
        composition: "onboarding",
        plan: r#"{"steps": []}"#,
        origin: &origin,
        at: at(second),
    })
}

pub(crate) fn at(second: i64) -> Timestamp {
    "2026-01-15T12:00:00.123456789Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

/// The success of a step with this result.
pub(crate) fn succeeded(result: &Value) -> Event {
    serde_json::from_value(json!({"event": "stepSucceeded", "step": "a", "result": result})).unwrap()
}

/// A record that needs no redaction.
pub(crate) fn clear(run: &str, seq: u64) -> Entry {
    entry(run, seq, succeeded(&json!({"number": seq})), None)
}

/// A record in which `value` is redacted.
pub(crate) fn sensitive(run: &str, seq: u64, value: &str) -> Entry {
    let shown = succeeded(&json!({"number": seq, "token": "***"}));
    entry(run, seq, succeeded(&json!({"number": seq, "token": value})), Some(shown))
}

pub(crate) fn entry(run: &str, seq: u64, event: Event, shown: Option<Event>) -> Entry {
    let second = i64::try_from(seq).unwrap();
    let shown = shown.unwrap_or_else(|| event.clone());
    Entry { record: Record { run: run.to_owned(), seq, at: at(second), event }, shown }
}

/// Appends records and waits until they are durable.
pub(crate) fn append(store: &Store, run: &str, entries: Vec<Entry>) -> Result<(), StoreError> {
    runtime().block_on(store.append_taking(run, entries, WAITING, &[]))
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Changes the database without a store; returns the number of changed rows.
pub(crate) fn meddle(dir: &Path, sql: &str) -> usize {
    let connection = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute(sql, []).unwrap()
}

/// The numbers of the records of a run.
pub(crate) fn numbers(store: &Store, run: &str) -> Vec<u64> {
    store.records(run).unwrap().iter().map(|record| record.seq).collect()
}

/// The names of the files in a folder, in order.
pub(crate) fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}
