//! Sensitive values are stored only encrypted, and can be read with the key.

use std::fs;
use std::path::Path;

use naftiko_journal::store::Options;
use naftiko_journal::{Store, StoreError};
use serde_json::json;

use crate::scene::{append, begin, clear, files, meddle, numbers, sensitive, store_with};

const SECRET: &str = "tok_4eC39HqLyjWDarjtT1zdp7dc";

/// The files below a folder that contain these bytes.
fn holding(dir: &Path, bytes: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(dir) {
        let path = dir.join(&file);
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else {
            #[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
            let content = fs::read(&path).unwrap();
            if content.windows(bytes.len()).any(|window| window == bytes.as_bytes()) {
                found.push(file);
            }
        }
    }
    found
}

#[test]
fn no_file_holds_what_is_sensitive_before_or_after_a_checkpoint() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", (1..=20).map(|seq| sensitive("r", seq, SECRET)).collect()).unwrap();
    store.post("r", &json!({"complete": {"step": "a", "result": {"token": SECRET}}})).unwrap();
    assert_eq!(holding(dir.path(), SECRET), [""; 0]);
    // The redacted text is found, so the search would find the secret too.
    assert_eq!(holding(dir.path(), "stepSucceeded"), ["journal.db-wal"]);
    let lease = store.lease("r", crate::scene::at(0)).unwrap();
    drop((lease, store));
    assert_eq!(holding(dir.path(), SECRET), [""; 0]);
    assert_eq!(holding(dir.path(), "stepSucceeded"), ["journal.db"]);

    let store = Store::open(dir.path()).unwrap();
    assert!(format!("{:?}", store.records("r").unwrap()).contains(SECRET));
    assert!(format!("{:?}", store.inbox("r").unwrap()).contains(SECRET));
    assert!(!format!("{:?}", store.shown("r").unwrap()).contains(SECRET));
}

#[test]
fn the_key_is_made_when_it_is_needed_and_for_its_owner_only() {
    let (dir, store) = store_with(&["r"]);
    let key = dir.path().join("journal.key");
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    assert!(!key.exists());
    append(&store, "r", vec![sensitive("r", 2, SECRET)]).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// A store with a run that needs the key and one that does not; afterwards the key is replaced or removed.
fn without_its_key(key: Option<&[u8]>, told: impl Fn(&Path) -> StoreError) {
    let (dir, store) = store_with(&["open", "sealed"]);
    append(&store, "open", vec![clear("open", 1)]).unwrap();
    append(&store, "sealed", vec![sensitive("sealed", 1, SECRET)]).unwrap();
    drop(store);
    let path = dir.path().join("journal.key");
    fs::rename(&path, dir.path().join("saved")).unwrap();
    if let Some(key) = key {
        #[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
        fs::write(&path, key).unwrap();
    }
    let told = told(&path);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.records("sealed").unwrap_err(), told);
    assert_eq!(numbers(&store, "open"), [1]);
    assert_eq!(store.shown("sealed").unwrap().len(), 1);
    assert_eq!(store.verify().unwrap(), [told.to_string()]);
    // Values encrypted with the old key are not abandoned by encrypting with another one.
    assert_eq!(append(&store, "open", vec![sensitive("open", 2, SECRET)]).unwrap_err(), told);
    append(&store, "open", vec![clear("open", 2)]).unwrap();
    drop(store);
    fs::rename(dir.path().join("saved"), &path).unwrap();
    assert_eq!(numbers(&Store::open(dir.path()).unwrap(), "sealed"), [1]);
}

#[test]
fn a_missing_a_wrong_and_a_broken_key_are_told_by_their_file() {
    without_its_key(None, |path| StoreError::KeyMissing { path: path.to_owned() });
    without_its_key(Some(&[7; 32]), |path| StoreError::KeyWrong { path: path.to_owned() });
    for broken in [&[7; 31][..], &[7; 33], &[]] {
        without_its_key(Some(broken), |path| StoreError::File {
            path: path.to_owned(),
            action: "used",
            reason: "it is not a key of 32 bytes".to_owned(),
        });
    }
}

#[test]
fn a_lost_key_is_replaced_once_nothing_is_sealed_with_it() {
    let (dir, store) = store_with(&["old"]);
    append(&store, "old", vec![sensitive("old", 1, SECRET)]).unwrap();
    drop(store);
    fs::remove_file(dir.path().join("journal.key")).unwrap();
    let store = Store::open(dir.path()).unwrap();
    begin(&store, "new", 1).unwrap();
    append(&store, "new", vec![sensitive("new", 1, SECRET)]).unwrap_err();
    store.prune(naftiko_journal::store::Prune::Runs(vec!["old".into()])).unwrap();
    append(&store, "new", vec![sensitive("new", 1, SECRET)]).unwrap();
    assert_eq!(numbers(&store, "new"), [1]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn a_key_that_was_named_is_used_and_never_made() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("elsewhere.key");
    let state = dir.path().join("state");
    let open = || Store::open_with(&state, Options { key_file: Some(key.clone()) }).unwrap();
    let store = open();
    begin(&store, "r", 0).unwrap();
    let error = append(&store, "r", vec![sensitive("r", 1, SECRET)]).unwrap_err();
    assert_eq!(error, StoreError::KeyMissing { path: key.clone() });
    assert!(!key.exists());
    #[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
    fs::write(&key, [7; 32]).unwrap();
    append(&store, "r", vec![sensitive("r", 1, SECRET)]).unwrap();
    assert_eq!(numbers(&open(), "r"), [1]);
    assert!(!state.join("journal.key").exists());
    let without = Store::open(&state).unwrap();
    assert_eq!(without.records("r").unwrap_err(), StoreError::KeyMissing { path: state.join("journal.key") });
}

#[test]
fn what_is_sealed_opens_only_where_it_was_put() {
    let (dir, store) = store_with(&["r", "q"]);
    for run in ["r", "q"] {
        append(&store, run, vec![sensitive(run, 1, SECRET), sensitive(run, 2, SECRET)]).unwrap();
    }
    store.post("r", &json!(1)).unwrap();
    store.post("q", &json!(2)).unwrap();
    meddle(
        dir.path(),
        "UPDATE inbox SET sealed = (SELECT sealed FROM inbox WHERE run = 'q') WHERE run = 'r'",
    );
    assert_eq!(
        store.inbox("r").unwrap_err().to_string(),
        "message 1 of run `r` cannot be parsed: it was changed or damaged"
    );
    assert_eq!(store.inbox("q").unwrap().len(), 1);
}

#[test]
fn a_signature_is_known_by_whoever_has_the_key_and_by_nobody_else() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path()).unwrap();
    let signature = store.sign(b"answer\nx").unwrap();
    assert_eq!(signature, store.sign(b"answer\nx").unwrap());
    let again = Store::open_existing(dir.path()).unwrap().unwrap();
    assert!(again.is_signed(b"answer\nx", &signature).unwrap());
    assert!(!again.is_signed(b"answer\ny", &signature).unwrap());
    assert!(!again.is_signed(b"answer\nx", &signature[1..]).unwrap());
    assert!(!again.is_signed(b"answer\nx", b"").unwrap());
    let other = Store::open(other.path()).unwrap();
    assert_ne!(other.sign(b"answer\nx").unwrap(), signature);
    assert!(!other.is_signed(b"answer\nx", &signature).unwrap());
}
