//! The accepted contents of a state folder, and the errors for all others.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use naftiko_journal::{Store, StoreError};

use crate::child::{self, Part};
use crate::scene::{append, begin, clear, files, meddle, numbers, store_with};

#[test]
fn a_folder_is_made_with_what_it_needs_and_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state/naftiko");
    let store = Store::open(&state).unwrap();
    begin(&store, "r", 0).unwrap();
    assert_eq!(
        files(&state),
        ["journal.db", "journal.db-shm", "journal.db-wal", "journal.lock", "journal.mark"]
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        for file in files(&state) {
            assert_eq!(mode(&state.join(&file)), 0o600, "{file}");
        }
    }
    drop(store);
    assert_eq!(files(&state), ["journal.db", "journal.lock", "journal.mark"]);
}

#[test]
fn nothing_is_made_by_looking() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    assert!(Store::open_existing(&state).unwrap().is_none());
    assert!(!state.exists());
    // A process that was killed while it created the journal leaves an empty file.
    fs::create_dir(&state).unwrap();
    fs::File::create(state.join("journal.db")).unwrap();
    assert!(Store::open_existing(&state).unwrap().is_none());
    begin(&Store::open(&state).unwrap(), "r", 0).unwrap();
    assert!(Store::open_existing(&state).unwrap().is_some());
}

#[test]
fn a_store_that_looks_reads_what_another_writes_and_writes_nothing() {
    let (dir, store) = store_with(&["r"]);
    let looking = Store::open_existing(dir.path()).unwrap().unwrap();
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    assert_eq!(numbers(&looking, "r"), [1]);
    let path = dir.path().join("journal.db");
    let refused = Err(StoreError::ReadOnly { path });
    assert_eq!(append(&looking, "r", vec![clear("r", 2)]), refused);
    assert_eq!(begin(&looking, "q", 0), refused);
    assert_eq!(looking.lease("r", crate::scene::at(0)).map(drop), refused);
}

/// Asserts that opening the file made by `make`, for reading and for writing, fails with this error and changes
/// nothing.
fn refused(make: impl FnOnce(&Path), expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    make(&path);
    let before = content(&path);
    let told = |error: StoreError| error.to_string().replace(&path.display().to_string(), "DB");
    assert_eq!(told(Store::open(dir.path()).unwrap_err()), expected);
    assert_eq!(told(Store::open_existing(dir.path()).unwrap_err()), expected);
    assert_eq!(content(&path), before);
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
fn put(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}

/// Creates a journal and changes it.
fn journal(path: &Path, change: &str) {
    begin(&Store::open(path.parent().unwrap()).unwrap(), "r", 0).unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(change).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    refused(|path| put(path, &b"name: Onboarding\n".repeat(100)), "`DB` is not a database");
    let foreign = |path: &Path| {
        rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    };
    refused(foreign, "`DB` is a database, but not a journal");
    refused(|path| journal(path, "PRAGMA application_id = 7"), "`DB` is a database, but not a journal");
    refused(|path| fs::create_dir(path).unwrap(), "`DB` is not a database");
}

#[test]
fn a_newer_journal_is_refused_by_both_versions() {
    let newer = |path: &Path| journal(path, "PRAGMA user_version = 7");
    refused(newer, "`DB` has format 7, and this version supports formats up to 3");
}

#[test]
fn a_damaged_journal_is_found_wherever_it_is_damaged() {
    let broken = |from: usize, length: usize| {
        move |path: &Path| {
            journal(path, "");
            let mut bytes = content(path);
            bytes[from..from + length].fill(0xa5);
            put(path, &bytes);
        }
    };
    refused(broken(0, 16), "`DB` is not a database");
    refused(broken(100, 8), "`DB` is damaged: database disk image is malformed");

    // Damage in the middle is found by readers of that part, and by `verify`.
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for run in 0..200 {
        begin(&store, &format!("run-{run:03}"), 0).unwrap();
    }
    drop(store);
    let path = dir.path().join("journal.db");
    let mut bytes = content(&path);
    let half = bytes.len() / 4096 / 2 * 4096;
    bytes[half..].fill(0xa5);
    put(&path, &bytes);
    let store = Store::open(dir.path()).unwrap();
    assert!(matches!(store.runs(), Err(StoreError::Damaged { .. })), "{:?}", store.runs());
    assert!(store.verify().unwrap().iter().any(|problem| problem.contains("damaged")));
}

#[test]
fn what_a_table_lacks_is_damage() {
    let (dir, store) = store_with(&["r"]);
    meddle(dir.path(), "DROP TABLE events");
    assert!(matches!(append(&store, "r", vec![clear("r", 1)]), Err(StoreError::Damaged { .. })));
    assert!(matches!(store.records("r"), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_file_where_the_folder_should_be_is_told_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    put(&state, b"");
    let told = Store::open(&state).unwrap_err().to_string();
    assert!(told.starts_with(&format!("`{}` cannot be made: ", state.display())), "{told}");
    let told = Store::open_existing(&state).unwrap_err().to_string();
    assert!(told.contains("journal.db` cannot be read: "), "{told}");
}

/// Asserts that a store is neither read nor written after `happens` was done to its folder.
#[cfg(unix)]
fn gone_after(happens: impl FnOnce(&Path)) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("state");
    let store = Store::open(&dir).unwrap();
    begin(&store, "r", 0).unwrap();
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    happens(&dir);
    let gone = StoreError::Gone { path: dir.join("journal.db") };
    assert_eq!(append(&store, "r", vec![clear("r", 2)]), Err(gone.clone()));
    assert_eq!(store.runs(), Err(gone.clone()));
    assert_eq!(store.lease("r", crate::scene::at(0)).map(drop), Err(gone));
}

#[cfg(unix)]
#[test]
fn what_would_be_written_where_nobody_finds_it_is_refused() {
    let away = |dir: &Path| dir.with_extension("away");
    gone_after(|dir| fs::remove_dir_all(dir).unwrap());
    gone_after(|dir| fs::rename(dir, away(dir)).unwrap());
    gone_after(|dir| {
        fs::rename(dir, away(dir)).unwrap();
        begin(&Store::open(dir).unwrap(), "r", 0).unwrap();
    });
    gone_after(|dir| fs::remove_file(dir.join("journal.db-wal")).unwrap());
}

#[test]
fn nobody_waits_for_ever_for_a_process_that_stopped_while_it_opened_the_journal() {
    let (dir, _store) = store_with(&["r"]);
    let opening = fs::File::open(dir.path().join("journal.lock")).unwrap();
    opening.lock().unwrap();
    let path = dir.path().join("journal.db");
    assert_eq!(Store::open(dir.path()).map(drop), Err(StoreError::Busy { path }));
    assert!(Store::open_existing(dir.path()).unwrap().is_some(), "who only looks has not to wait");
    drop(opening);
    assert!(Store::open(dir.path()).is_ok());
}

#[test]
fn many_may_open_a_new_journal_at_a_time() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let (together, dir) = (&Barrier::new(8), dir.path());
        thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    together.wait();
                    let store = Store::open(dir).unwrap();
                    begin(&store, &format!("r{thread}"), 0).unwrap();
                });
            }
        });
        let store = Store::open_existing(dir).unwrap().unwrap();
        assert_eq!(store.runs().unwrap().len(), 8);
    }
}

/// The read-only folder is opened as a user without root's privileges.
#[cfg(unix)]
#[test]
fn a_read_only_folder_can_be_read_and_says_why_it_cannot_be_written() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    const TEST: &str = "opened::a_read_only_folder_can_be_read_and_says_why_it_cannot_be_written";

    if let Some(state) = child::folder() {
        let told = Store::open(&state).unwrap_err().to_string();
        assert_eq!(told, format!("`{}` is read-only", state.join("journal.db").display()));
        let store = Store::open_existing(&state).unwrap().unwrap();
        assert_eq!(numbers(&store, "r"), [1]);
        assert_eq!(store.verify().unwrap(), [""; 0]);
        return child::say("as it should be");
    }
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    drop(store);
    let program = dir.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&program, 0o755);
    // Neither the folder nor its files are writable, even for their owner; then the owner may write only the files.
    for mode in [0o444, 0o644] {
        for file in ["journal.db", "journal.lock", "journal.mark"] {
            allow(&dir.path().join(file), mode);
        }
        allow(dir.path(), 0o555);
        let mut command = child::command(&program, TEST, dir.path());
        if fs::metadata(&program).unwrap().uid() == 0 {
            command.uid(65534);
        }
        let (status, said) = Part::of(command).end();
        allow(dir.path(), 0o755);
        assert!(status.success() && said.iter().any(|line| line == "as it should be"), "{mode:o}: {said:?}");
    }
}
