//! The loss of the last committed records is detected.

use std::fs;
use std::path::{Path, PathBuf};

use naftiko_journal::store::Prune;
use naftiko_journal::{Store, StoreError};
use tempfile::TempDir;

use crate::scene::{append, clear, numbers, store_with};

/// A folder as a killed process leaves it: with a log that was not checkpointed.
fn left_by_the_dead(records: u64) -> TempDir {
    let (dir, store) = store_with(&["r", "q"]);
    append(&store, "q", vec![clear("q", 1)]).unwrap();
    for seq in 1..=records {
        append(&store, "r", vec![clear("r", seq)]).unwrap();
    }
    let left = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.mark"] {
        fs::copy(dir.path().join(name), left.path().join(name)).unwrap();
    }
    left
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
fn put(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}

/// Flips a bit in a byte of a file.
fn change(path: &Path, at: usize) {
    let mut bytes = content(path);
    bytes[at] ^= 0x40;
    put(path, &bytes);
}

fn lost(dir: &Path, seq: u64) -> StoreError {
    let (path, mark) = (dir.join("journal.db"), dir.join("journal.mark"));
    StoreError::Lost { path, run: "r".into(), seq, mark }
}

#[test]
fn a_log_that_is_damaged_anywhere_loses_nothing_in_silence() {
    let left = left_by_the_dead(5);
    let (log, size) = ("journal.db-wal", content(&left.path().join("journal.db-wal")).len());
    let mut refused = 0;
    for at in (0..size).step_by(1009).chain([size - 1]) {
        let dir = tempfile::tempdir().unwrap();
        for name in ["journal.db", log, "journal.mark"] {
            fs::copy(left.path().join(name), dir.path().join(name)).unwrap();
        }
        change(&dir.path().join(log), at);
        let damaged = content(&dir.path().join(log));
        for opened in [Store::open_existing(dir.path()), Store::open(dir.path()).map(Some)] {
            match opened {
                Ok(store) => {
                    assert_eq!(store.map(|store| numbers(&store, "r")), Some((1..=5).collect()), "at {at}");
                }
                Err(error) => {
                    assert_eq!(error, lost(dir.path(), 5), "at {at}");
                    assert_eq!(content(&dir.path().join(log)), damaged, "what is left of the log is kept");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn whoever_says_so_goes_on_without_what_is_lost() {
    let left = left_by_the_dead(5);
    change(&left.path().join("journal.db-wal"), content(&left.path().join("journal.db-wal")).len() - 1);
    let told = Store::open(left.path()).unwrap_err().to_string();
    let (path, mark) = (left.path().join("journal.db"), left.path().join("journal.mark"));
    let expected = format!(
        "`{}` has lost record 5 of run `r` and possibly other recent records; restore the database with its \
         log, or remove `{}` to continue without them, which may repeat their effects",
        path.display(),
        mark.display()
    );
    assert_eq!(told, expected);
    fs::remove_file(mark).unwrap();
    let store = Store::open(left.path()).unwrap();
    assert_eq!(numbers(&store, "r"), [1, 2, 3, 4]);
    append(&store, "r", vec![clear("r", 5)]).unwrap();
    drop(store);
    assert_eq!(numbers(&Store::open(left.path()).unwrap(), "r"), [1, 2, 3, 4, 5]);
}

#[test]
fn a_log_that_is_gone_and_an_older_database_are_missed_too() {
    let without = left_by_the_dead(2);
    fs::remove_file(without.path().join("journal.db-wal")).unwrap();
    assert_eq!(Store::open_existing(without.path()).map(drop), Err(lost(without.path(), 2)));
    assert_eq!(Store::open(without.path()).map(drop), Err(lost(without.path(), 2)));

    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    drop(store);
    let path: PathBuf = dir.path().join("journal.db");
    let older = content(&path);
    append(&Store::open(dir.path()).unwrap(), "r", vec![clear("r", 2)]).unwrap();
    let newer = content(&path);
    put(&path, &older);
    assert_eq!(Store::open(dir.path()).map(drop), Err(lost(dir.path(), 2)));
    put(&path, &newer);
    assert_eq!(numbers(&Store::open(dir.path()).unwrap(), "r"), [1, 2]);
}

#[test]
fn what_was_removed_is_not_missed() {
    let (dir, store) = store_with(&["r", "q"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    store.prune(Prune::Runs(vec!["r".into()])).unwrap();
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    append(&store, "q", vec![clear("q", 1)]).unwrap();
    drop(store);
    assert_eq!(numbers(&Store::open(dir.path()).unwrap(), "q"), [1]);
}

/// Asserts that a journal with this mark is neither read nor written, and that the mark remains unchanged.
fn refused(dir: &Path, damaged: &[u8], how: &str) {
    let path = dir.join("journal.mark");
    put(&path, damaged);
    let expected = Err(StoreError::DamagedMark { path: path.clone() });
    assert_eq!(Store::open(dir).map(drop), expected, "{how}");
    assert_eq!(Store::open_existing(dir).map(drop), expected, "{how}");
    assert_eq!(content(&path), damaged, "{how}");
}

#[test]
fn a_mark_that_is_not_as_it_was_written_is_refused() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    drop(store);
    let whole = content(&dir.path().join("journal.mark"));
    refused(dir.path(), b"", "empty");
    refused(dir.path(), b"\n", "one line end");
    refused(dir.path(), &[0xa5; 600], "other bytes");
    refused(dir.path(), &vec![0; whole.len()], "zeros");
    for length in [1, 16, 40, whole.len() - 1] {
        refused(dir.path(), &whole[..length], &format!("the first {length} bytes"));
    }
    refused(dir.path(), &[whole.clone(), b"\n".to_vec()].concat(), "one byte more");
    for at in [0, 7, 17, 19, 40, 100, 511, 512] {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        refused(dir.path(), &changed, &format!("byte {at} changed"));
    }
    put(&dir.path().join("journal.mark"), &whole);
    assert_eq!(numbers(&Store::open(dir.path()).unwrap(), "r"), [1]);
}

#[test]
fn an_older_database_beside_a_damaged_mark_is_continued_only_once_the_mark_is_removed() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    drop(store);
    let (path, mark) = (dir.path().join("journal.db"), dir.path().join("journal.mark"));
    let older = content(&path);
    append(&Store::open(dir.path()).unwrap(), "r", vec![clear("r", 2)]).unwrap();
    put(&path, &older);
    put(&mark, b"");
    let told = Store::open(dir.path()).unwrap_err().to_string();
    assert!(told.contains("remove the mark to continue"), "{told}");
    fs::remove_file(&mark).unwrap();
    let store = Store::open(dir.path()).unwrap();
    append(&store, "r", vec![clear("r", 2)]).unwrap();
    assert_eq!(numbers(&store, "r"), [1, 2]);
    assert!(mark.exists(), "from now on nothing more is lost unnoticed");
}

#[test]
fn the_mark_of_another_journal_is_refused() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    drop(store);
    let (other, store) = store_with(&["q"]);
    append(&store, "q", vec![clear("q", 1)]).unwrap();
    drop(store);
    fs::copy(other.path().join("journal.mark"), dir.path().join("journal.mark")).unwrap();
    let (path, mark) = (dir.path().join("journal.db"), dir.path().join("journal.mark"));
    let expected = StoreError::Lost { path, run: "q".into(), seq: 1, mark };
    assert_eq!(Store::open(dir.path()).map(drop), Err(expected));
}

#[test]
fn a_folder_in_place_of_the_mark_is_refused() {
    let (dir, store) = store_with(&["r"]);
    drop(store);
    let mark = dir.path().join("journal.mark");
    fs::remove_file(&mark).unwrap();
    fs::create_dir(&mark).unwrap();
    assert!(matches!(Store::open_existing(dir.path()), Err(StoreError::File { .. })));
    assert!(matches!(Store::open(dir.path()), Err(StoreError::File { .. })));
}
