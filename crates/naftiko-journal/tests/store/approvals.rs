//! Approvals are stored once, signed, and all rejected if one of them was altered.

use std::thread;

use naftiko_journal::store::Approval;
use naftiko_journal::{Store, StoreError};

use crate::child::{self, Part};
use crate::scene::{at, begin, meddle, store, store_with};

fn approval(name: &str, origin: &str, second: i64) -> Approval {
    Approval { kind: "variable".to_owned(), name: name.to_owned(), origin: origin.to_owned(), at: at(second) }
}

fn pairs(store: &Store) -> Vec<(String, String)> {
    let approvals = store.approvals().unwrap();
    approvals.into_iter().map(|approval| (approval.name, approval.origin)).collect()
}

#[test]
fn an_approval_is_there_for_every_later_store_and_keeps_its_time() {
    let (dir, store) = store();
    assert_eq!(store.approvals().unwrap(), []);
    store.approve(&[approval("B", "https://b.example", 1), approval("A", "https://a.example", 2)]).unwrap();
    store.approve(&[approval("B", "https://b.example", 3), approval("B", "https://c.example", 3)]).unwrap();
    drop(store);
    let store = Store::open_existing(dir.path()).unwrap().unwrap();
    let expected = [("A", "https://a.example"), ("B", "https://b.example"), ("B", "https://c.example")];
    assert_eq!(pairs(&store), expected.map(|(name, origin)| (name.to_owned(), origin.to_owned())));
    let seconds: Vec<i64> = store.approvals().unwrap().iter().map(|it| it.at.as_second()).collect();
    assert_eq!(seconds, [2, 1, 3].map(|second| at(second).as_second()));
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn a_revoked_approval_is_gone_and_the_others_are_not() {
    let (_dir, store) = store();
    let (a, b) = (approval("A", "https://a.example", 1), approval("A", "https://b.example", 1));
    store.approve(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(
        store.revoke(&[approval("A", "https://a.example", 9), approval("C", "https://a.example", 1)]),
        Ok(1)
    );
    assert_eq!(pairs(&store), [("A".to_owned(), "https://b.example".to_owned())]);
    store.approve(&[a]).unwrap();
    assert_eq!(store.revoke_all(), Ok(2));
    assert_eq!(store.approvals().unwrap(), []);
}

#[test]
fn what_is_written_without_the_key_approves_nothing() {
    for change in [
        "UPDATE approvals SET origin = 'https://evil.example'",
        "UPDATE approvals SET name = 'OTHER'",
        "UPDATE approvals SET kind = 'program'",
        "UPDATE approvals SET at = at + 1",
        "UPDATE approvals SET signature = x'00'",
        "INSERT INTO approvals SELECT kind, 'OTHER', origin, at, signature FROM approvals",
        "INSERT INTO approvals VALUES ('variable', 'OTHER', 'https://evil.example', 0, x'')",
    ] {
        let (dir, store) = store();
        store.approve(&[approval("A", "https://a.example", 1)]).unwrap();
        assert_eq!(meddle(dir.path(), change), 1);
        let error = store.approvals().unwrap_err();
        assert!(matches!(error, StoreError::ApprovalAltered { .. }), "{change}: {error}");
        assert_eq!(store.approve(&[approval("C", "https://c.example", 1)]), Err(error.clone()), "{change}");
        assert_eq!(store.verify().unwrap(), [error.to_string()]);
        assert!(store.revoke_all().unwrap() > 0);
        store.approve(&[approval("C", "https://c.example", 1)]).unwrap();
    }
}

#[test]
fn approvals_from_another_journal_are_none() {
    let (from, other) = store();
    other.approve(&[approval("A", "https://a.example", 1)]).unwrap();
    drop(other);
    let (dir, store) = store_with(&["r"]);
    store.approve(&[approval("B", "https://b.example", 1)]).unwrap();
    let copy = format!("ATTACH '{}' AS other", from.path().join("journal.db").display());
    let connection = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    connection
        .execute_batch(&format!("{copy}; INSERT INTO approvals SELECT * FROM other.approvals;"))
        .unwrap();
    let (name, origin) = ("A".to_owned(), "https://a.example".to_owned());
    assert_eq!(store.approvals(), Err(StoreError::ApprovalAltered { name, origin }));
}

#[test]
fn without_their_key_approvals_are_refused_and_no_new_key_is_made() {
    let (dir, store) = store();
    store.approve(&[approval("A", "https://a.example", 1)]).unwrap();
    drop(store);
    let key = dir.path().join("journal.key");
    std::fs::remove_file(&key).unwrap();
    let store = Store::open(dir.path()).unwrap();
    let missing = StoreError::KeyMissing { path: key.clone() };
    assert_eq!(store.approvals(), Err(missing.clone()));
    assert_eq!(store.approve(&[approval("B", "https://b.example", 1)]), Err(missing.clone()));
    assert_eq!(store.sign(b"answer"), Err(missing));
    assert!(!key.exists());
    assert_eq!(store.revoke_all(), Ok(1));
    store.approve(&[approval("B", "https://b.example", 1)]).unwrap();
    assert!(key.exists());
}

#[test]
fn processes_that_approve_at_once_lose_nothing() {
    if let Some(folder) = child::folder() {
        let store = Store::open(&folder).unwrap();
        for number in 0..10 {
            store.approve(&[approval("CHILD", &format!("https://{number}.example"), 1)]).unwrap();
        }
        child::say("done");
        return;
    }
    let (dir, store) = store();
    begin(&store, "r", 0).unwrap();
    let test = "approvals::processes_that_approve_at_once_lose_nothing";
    let mut parts: Vec<Part> = (0..2).map(|_| Part::begin(test, dir.path())).collect();
    thread::scope(|threads| {
        for thread in 0..4 {
            let store = store.clone();
            threads.spawn(move || {
                let name = format!("THREAD_{thread}");
                (0..10).for_each(|number| {
                    store.approve(&[approval(&name, &format!("https://{number}.example"), 1)]).unwrap();
                });
            });
        }
    });
    for part in &mut parts {
        assert_eq!(part.heard(), "done");
    }
    assert_eq!(store.approvals().unwrap().len(), 50);
}
