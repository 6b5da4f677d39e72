//! Tests that need internals: earlier formats of the database, and a full disk.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::schema::{APPLICATION, Format, MIGRATIONS, Migration, format, latest, migrate};
use super::*;
use crate::{Entry, Event, Journal as _, Record, Standing, Status};

const ONE: Migration = Migration::of("CREATE TABLE runs (id TEXT PRIMARY KEY NOT NULL) STRICT;");
const TWO: Migration = Migration::of("ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';");

fn version(connection: &Connection) -> i64 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_database_becomes_one_of_the_latest_format() {
    let mut connection = Connection::open_in_memory().unwrap();
    assert_eq!(format(&connection).unwrap(), Format::Journal(0));
    assert_eq!(migrate(&mut connection, MIGRATIONS).unwrap(), Format::Journal(latest(MIGRATIONS)));
    assert_eq!(format(&connection).unwrap(), Format::Journal(latest(MIGRATIONS)));
    // A second migration has no effect.
    assert_eq!(migrate(&mut connection, MIGRATIONS).unwrap(), Format::Journal(latest(MIGRATIONS)));
}

#[test]
fn an_earlier_format_becomes_the_latest_and_keeps_what_is_in_it() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, &[ONE]).unwrap();
    connection.execute("INSERT INTO runs VALUES ('r')", []).unwrap();
    assert_eq!(migrate(&mut connection, &[ONE, TWO]).unwrap(), Format::Journal(2));
    let row = connection.query_row("SELECT id, colour FROM runs", [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(row.unwrap(), ("r".to_owned(), "blue".to_owned()));
}

#[test]
fn a_journal_without_approvals_is_read_as_it_is_and_gets_them_once_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut connection = Connection::open(&path).unwrap();
    migrate(&mut connection, MIGRATIONS.get(..1).unwrap()).unwrap();
    connection.execute("INSERT INTO plans VALUES (x'00', '{}')", []).unwrap();
    let run = "INSERT INTO runs VALUES ('r', 'Test', 0, 0, 'running', 0, 0, x'00', x'00', '{}')";
    connection.execute(run, []).unwrap();
    drop(connection);
    let looking = Store::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(looking.find("r").unwrap().composition, "Test");
    assert_eq!(looking.approvals(), Ok(Vec::new()));
    assert_eq!(version(&Connection::open(&path).unwrap()), 1);
    drop(looking);
    let (origin, at) = ("https://a.example".to_owned(), Timestamp::UNIX_EPOCH);
    let approval = Approval { kind: "variable".to_owned(), name: "A".to_owned(), origin, at };
    let store = Store::open(dir.path()).unwrap();
    store.approve(std::slice::from_ref(&approval)).unwrap();
    assert_eq!(store.approvals(), Ok(vec![approval]));
    assert_eq!(store.find("r").unwrap().composition, "Test");
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, &[ONE]).unwrap();
    migrate(&mut connection, &[ONE, TWO, Migration::of("CREATE TABLE runs (again TEXT)")]).unwrap_err();
    assert_eq!(version(&connection), 1);
    connection.prepare("SELECT colour FROM runs").unwrap_err();
}

#[test]
fn a_newer_format_and_another_program_are_left_alone() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, &[ONE, TWO]).unwrap();
    assert_eq!(migrate(&mut connection, &[ONE]).unwrap(), Format::Journal(2));
    assert_eq!(version(&connection), 2);
    connection.pragma_update(None, "application_id", APPLICATION + 1).unwrap();
    assert_eq!(migrate(&mut connection, &[ONE, TWO]).unwrap(), Format::Foreign);
}

#[test]
fn a_run_of_the_first_format_gets_the_checksum_of_what_is_noted_of_it() {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, MIGRATIONS.get(..1).unwrap()).unwrap();
    connection
        .execute_batch(
            "INSERT INTO plans VALUES (x'00', '{}');
             INSERT INTO runs VALUES ('r', 'c', 1, 2, 'waiting', NULL, 0, x'00', x'00', '{}'),
                                     ('q', 'c', 1, 2, 'waiting', 7, 3, x'01', x'00', '{}');",
        )
        .unwrap();
    migrate(&mut connection, MIGRATIONS).unwrap();
    for run in ["r", "q"] {
        let row = super::run_row::RunRow::find(&connection, run).unwrap().unwrap();
        assert_eq!(row.check(), Ok(()));
    }
    connection.execute("UPDATE runs SET due = 8 WHERE id = 'q'", []).unwrap();
    let row = super::run_row::RunRow::find(&connection, "q").unwrap().unwrap();
    assert_eq!(row.check(), Err(StoreError::AlteredRun { run: "q".into() }));
}

fn event(length: usize) -> Event {
    let result = json!("x".repeat(length));
    serde_json::from_value(json!({"event": "stepSucceeded", "step": "a", "result": result})).unwrap()
}

fn entry(run: &str, seq: u64, length: usize) -> Entry {
    let event = event(length);
    let record = Record { run: run.into(), seq, at: Timestamp::UNIX_EPOCH, event: event.clone() };
    Entry { record, shown: event }
}

const STANDING: Standing = Standing { status: Status::Waiting, due: None };

fn begin(store: &Store, run: &str) -> Result<(), StoreError> {
    let (plan, origin, at) = ("{}", json!(null), Timestamp::UNIX_EPOCH);
    store.create_run(&NewRun { id: run, composition: "c", plan, origin: &origin, at })
}

/// Limits the database to this many further pages.
fn leave(store: &Store, room: i64) {
    let limit = move |connection: &Connection| {
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        connection.pragma_update_and_check(None, "max_page_count", pages + room, |_| Ok(()))?;
        Ok(())
    };
    store.write(limit).unwrap();
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_is_forgotten_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    begin(&store, "r").unwrap();
    store.append("r", vec![entry("r", 1, 10)], STANDING).await.unwrap();
    leave(&store, 0);
    let error = store.append("r", vec![entry("r", 2, 100_000)], STANDING).await.unwrap_err();
    let path = dir.path().join("journal.db");
    let told =
        format!("the journal could not be written: there is no disk space left for `{}`", path.display());
    assert_eq!(error.to_string(), told);
    assert_eq!(store.records("r").unwrap().len(), 1);
    assert_eq!(store.verify().unwrap(), [""; 0]);
    leave(&store, 1000);
    store.append("r", vec![entry("r", 2, 100_000)], STANDING).await.unwrap();
    assert_eq!(store.records("r").unwrap().len(), 2);
}

/// Appends concurrently: the writer is blocked until all batches are queued.
async fn together(store: &Store, batches: Vec<(&'static str, Entry)>) -> Vec<bool> {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = std::sync::mpsc::channel();
    let gate = std::sync::Mutex::new(gate);
    let held_up = store.writer().unwrap().queue(move |_| {
        let _ = begin.send(());
        // The received value is irrelevant.
        let _ = gate.lock().map(|gate| gate.recv());
        Ok(())
    });
    let mut held_up = Box::pin(held_up);
    let mut appends: Vec<_> =
        batches.into_iter().map(|(run, entry)| Box::pin(store.append(run, vec![entry], STANDING))).collect();
    std::future::poll_fn(|context| {
        assert!(held_up.as_mut().poll(context).is_pending());
        begun.recv().unwrap();
        for append in &mut appends {
            assert!(append.as_mut().poll(context).is_pending());
        }
        std::task::Poll::Ready(())
    })
    .await;
    drop(go);
    let mut kept = Vec::new();
    for append in appends {
        kept.push(append.await.is_ok());
    }
    kept
}

#[tokio::test]
async fn of_a_group_what_is_refused_takes_nothing_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for run in ["a", "b", "c"] {
        begin(&store, run).unwrap();
    }
    let group = vec![
        ("a", entry("a", 1, 1)),
        ("b", entry("b", 2, 1)),
        ("a", entry("a", 2, 1)),
        ("c", entry("c", 1, 1)),
    ];
    assert_eq!(together(&store, group).await, [true, false, true, true]);
    let counts = ["a", "b", "c"].map(|run| store.records(run).unwrap().len());
    assert_eq!(counts, [2, 0, 1]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[tokio::test]
async fn of_a_group_that_has_no_room_what_is_small_enough_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for run in ["a", "b", "c"] {
        begin(&store, run).unwrap();
    }
    leave(&store, 8);
    let group = vec![("a", entry("a", 1, 10)), ("b", entry("b", 1, 100_000)), ("c", entry("c", 1, 10))];
    assert_eq!(together(&store, group).await, [true, false, true]);
    let counts = ["a", "b", "c"].map(|run| store.records(run).unwrap().len());
    assert_eq!(counts, [1, 0, 1]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

/// The future of an append may move to another thread, as the driver's does.
#[test]
fn an_append_may_be_awaited_anywhere() {
    fn movable<T: Send>(_: &T) {}
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    movable(&store.append("r", Vec::new(), STANDING));
    shared(&store);
}

/// A reader reads the mark, the marked run is pruned, and only then the reader looks at the database.
#[tokio::test]
async fn a_run_that_was_pruned_since_the_mark_was_read_is_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    begin(&store, "r").unwrap();
    store.append("r", vec![entry("r", 1, 10)], STANDING).await.unwrap();
    let mark = &store.inner.place.mark;
    let (file, copy) = (dir.path().join("journal.mark"), dir.path().join("copy"));
    std::fs::copy(&file, &copy).unwrap();
    let said = mark.said().unwrap();
    assert!(said.is_some());
    store.prune(Prune::Runs(vec!["r".into()])).unwrap();
    let path = dir.path().join("journal.db");
    let check = || {
        let said = said.clone();
        store.read(|connection| mark.check(said, &path, latest(MIGRATIONS), connection))
    };
    assert_eq!(check(), Ok(()));
    // The mark still names the run.
    std::fs::copy(copy, file).unwrap();
    assert!(matches!(check(), Err(StoreError::Lost { seq: 1, .. })));
}
