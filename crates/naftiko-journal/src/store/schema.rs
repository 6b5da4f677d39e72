//! The tables of the database, and the migrations from earlier versions.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// `NAFT`: the application id of the database.
pub(super) const APPLICATION: i64 = 0x4e41_4654;

/// A migration from one format to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// The change of the schema.
    pub(super) sql: &'static str,
    /// The change of the rows, applied afterwards.
    pub(super) rows: fn(&Connection) -> rusqlite::Result<()>,
}

impl Migration {
    /// A migration that consists of SQL only.
    pub(super) const fn of(sql: &'static str) -> Self {
        Self { sql, rows: |_| Ok(()) }
    }
}

/// Migration number n leads to format n; the first starts from an empty database. Released migrations never change.
pub(super) const MIGRATIONS: &[Migration] = &[Migration::of(FIRST), Migration::of(SECOND), THIRD];

/// Adds a checksum over the row of a run, and an index of the runs without records.
const THIRD: Migration = Migration {
    sql: "
        ALTER TABLE runs ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
        CREATE INDEX runs_unstarted ON runs (id) WHERE seq = 0;
    ",
    rows: super::run_row::add_checksums,
};

const FIRST: &str = "
    -- Each plan is stored once, for all runs that use it.
    CREATE TABLE plans (
        hash BLOB PRIMARY KEY NOT NULL,     -- SHA-256 of the text
        plan TEXT NOT NULL
    ) STRICT;

    CREATE TABLE runs (
        id TEXT PRIMARY KEY NOT NULL,
        composition TEXT NOT NULL,
        created INTEGER NOT NULL,           -- microseconds since 1970, as every time below
        updated INTEGER NOT NULL,
        status TEXT NOT NULL,
        due INTEGER,                        -- null: the run waits for an answer, or is over
        seq INTEGER NOT NULL,               -- of its last record
        sum BLOB NOT NULL,                  -- of its last record
        plan BLOB NOT NULL REFERENCES plans (hash),
        origin TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_created ON runs (created);
    CREATE INDEX runs_due ON runs (due, id) WHERE due IS NOT NULL;
    CREATE INDEX runs_plan ON runs (plan);

    -- The plans that a run had before its present plan.
    CREATE TABLE earlier_plans (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        until INTEGER NOT NULL,
        plan BLOB NOT NULL REFERENCES plans (hash),
        PRIMARY KEY (run, number)
    ) STRICT;
    CREATE INDEX earlier_plans_plan ON earlier_plans (plan);

    CREATE TABLE events (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,                   -- exact, RFC 3339
        event TEXT NOT NULL,                -- redacted
        sealed BLOB,                        -- the exact event, encrypted, if it differs
        sum BLOB NOT NULL,                  -- of this row and the sum before it
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;

    -- The interventions for the process that drives a run.
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX inbox_run ON inbox (run, id);

    -- The process that drives a run. A lease is valid while its holder has its file locked.
    CREATE TABLE leases (
        run TEXT PRIMARY KEY NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        holder TEXT NOT NULL,
        pid INTEGER NOT NULL,
        since INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX leases_holder ON leases (holder);

    -- Identifies the key of the encrypted columns; at most one row.
    CREATE TABLE sealing (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        mark BLOB NOT NULL
    ) STRICT;
";

const SECOND: &str = "
    -- Which secret may be sent to which server, as the operator approved it.
    CREATE TABLE approvals (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        origin TEXT NOT NULL,
        at INTEGER NOT NULL,
        signature BLOB NOT NULL,            -- of the columns before it, with the key of the journal
        PRIMARY KEY (kind, name, origin)
    ) STRICT, WITHOUT ROWID;
";

/// The oldest format that can be read without a migration: later formats only add a table, a column and an index.
pub(super) const READABLE: i64 = 1;

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A journal of this format; 0 is an empty database.
    Journal(i64),
    /// The database of another program.
    Foreign,
}

/// The format that `migrations` lead to.
pub(super) fn latest(migrations: &[Migration]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Determines the kind of the database.
pub(super) fn format(connection: &Connection) -> rusqlite::Result<Format> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version, tables) {
        (APPLICATION, 1.., _) => Format::Journal(version),
        (0, 0, 0) => Format::Journal(0),
        _ => Format::Foreign,
    })
}

/// Applies the `migrations` that are outstanding: all, or none if one fails.
pub(super) fn migrate(connection: &mut Connection, migrations: &[Migration]) -> rusqlite::Result<Format> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let found = format(&transaction)?;
    let Format::Journal(version) = found else { return Ok(found) };
    let seen = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(unseen) = migrations.get(seen..).filter(|unseen| !unseen.is_empty()) else { return Ok(found) };
    for migration in unseen {
        transaction.execute_batch(migration.sql)?;
        (migration.rows)(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", latest(migrations))?;
    transaction.commit()?;
    Ok(Format::Journal(latest(migrations)))
}
