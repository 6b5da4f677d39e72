//! Runs whose process ended before their first record.

use naftiko_journal::store::{NewRun, Prune};
use naftiko_journal::{Status, Store, StoreError};
use serde_json::Value;

use crate::scene::{append, at, clear, store, store_with};

fn ids(store: &Store) -> Vec<String> {
    store.runs().unwrap().into_iter().rev().map(|run| run.id).collect()
}

fn owned(runs: &[&str]) -> Vec<String> {
    runs.iter().map(|run| (*run).to_owned()).collect()
}

#[test]
fn a_run_that_its_process_is_about_to_begin_is_not_taken_for_abandoned() {
    let (_dir, store) = store();
    let origin = Value::Null;
    let run = NewRun { id: "r", composition: "c", plan: "{}", origin: &origin, at: at(0) };
    let lease = store.begin_run(&run).unwrap();
    assert_eq!(store.unstarted().unwrap(), [""; 0]);
    assert_eq!(store.remove_unstarted(&owned(&["r"])).unwrap(), [""; 0]);
    assert_eq!(store.prune(Prune::Finished { before: at(100) }).unwrap(), 0);
    assert!(matches!(store.lease("r", at(1)), Err(StoreError::Held { .. })));
    assert_eq!(store.begin_run(&run).map(drop), Err(StoreError::RunExists { run: "r".into() }));
    drop(lease);
    assert_eq!(store.unstarted().unwrap(), ["r"]);
}

#[test]
fn what_never_began_is_removed_with_its_plan_and_nothing_else_is() {
    let (dir, store) = store_with(&["old", "begun"]);
    append(&store, "begun", vec![clear("begun", 1)]).unwrap();
    assert_eq!(store.unstarted().unwrap(), ["old"]);
    assert_eq!(store.remove_unstarted(&owned(&["begun"])).unwrap(), [""; 0]);
    assert_eq!(store.remove_unstarted(&owned(&["old", "begun", "none"])).unwrap(), ["old"]);
    assert_eq!(ids(&store), ["begun"]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
    drop(store);
    // The mark still names the other run.
    assert_eq!(Store::open(dir.path()).unwrap().records("begun").unwrap().len(), 1);
}

#[test]
fn a_run_that_never_began_can_be_cancelled_and_is_over_then() {
    let (_dir, store) = store_with(&["r", "begun"]);
    append(&store, "begun", vec![clear("begun", 1)]).unwrap();
    let lease = store.lease("r", at(1)).unwrap();
    store.cancel_unstarted(&lease, at(2)).unwrap();
    drop(lease);
    assert_eq!(store.find("r").unwrap().status, Status::Cancelled);
    assert_eq!(store.unstarted().unwrap(), [""; 0]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
    let lease = store.lease("begun", at(1)).unwrap();
    let refused = StoreError::OutOfSequence { run: "begun".into(), found: 1, due: 2 };
    assert_eq!(store.cancel_unstarted(&lease, at(2)), Err(refused));
    drop(lease);
    assert_eq!(store.prune(Prune::Finished { before: at(3) }).unwrap(), 1);
    assert_eq!(ids(&store), ["begun"]);
}
