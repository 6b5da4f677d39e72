//! Which runs are removed.

use naftiko_journal::store::{EarlierPlan, Prune};
use naftiko_journal::{Journal as _, Standing, Status, Store};
use serde_json::json;

use crate::scene::{at, clear, meddle, runtime, store_with};

fn close(store: &Store, run: &str, status: Status) {
    let standing = Standing { status, due: None };
    runtime().block_on(store.append(run, vec![clear(run, 1)], standing)).unwrap();
}

fn ids(store: &Store) -> Vec<String> {
    store.runs().unwrap().into_iter().rev().map(|run| run.id).collect()
}

#[test]
fn what_is_over_and_old_goes_and_nothing_else() {
    let (dir, store) = store_with(&["done", "failed", "cancelled", "waiting", "doubt", "running", "new"]);
    close(&store, "done", Status::Succeeded);
    close(&store, "failed", Status::Failed);
    close(&store, "cancelled", Status::Cancelled);
    close(&store, "waiting", Status::Waiting);
    close(&store, "doubt", Status::InDoubt);
    close(&store, "running", Status::Running);
    store.post("done", &json!(1)).unwrap();
    assert_eq!(store.prune(Prune::Finished { before: at(1) }).unwrap(), 0);
    assert_eq!(store.prune(Prune::Finished { before: at(2) }).unwrap(), 3);
    assert_eq!(ids(&store), ["waiting", "doubt", "running", "new"]);
    // A run without records that no process drives was never started.
    assert_eq!(store.prune(Prune::Finished { before: at(1000) }).unwrap(), 1);
    assert_eq!(ids(&store), ["waiting", "doubt", "running"]);
    assert_eq!(store.verify().unwrap(), [""; 0]);
    for table in ["events", "inbox"] {
        assert_eq!(meddle(dir.path(), &format!("DELETE FROM {table} WHERE run = 'done'")), 0);
    }
}

#[test]
fn a_run_that_was_named_goes_whatever_it_does_unless_it_is_driven() {
    let (_dir, store) = store_with(&["a", "b", "c"]);
    close(&store, "a", Status::Succeeded);
    close(&store, "b", Status::Waiting);
    let named = |runs: &[&str]| Prune::Runs(runs.iter().map(|run| (*run).to_owned()).collect());
    let lease = store.lease("b", at(0)).unwrap();
    assert!(
        store.prune(named(&["a", "b"])).unwrap_err().to_string().starts_with("run `b` is driven by process")
    );
    assert_eq!(store.prune(named(&["a", "x"])).unwrap_err().to_string(), "there is no run `x`");
    assert_eq!(ids(&store), ["a", "b", "c"]);
    drop(lease);
    assert_eq!(store.prune(named(&["b", "a", "a"])).unwrap(), 2);
    assert_eq!(ids(&store), ["c"]);
}

#[test]
fn a_run_that_is_over_and_still_driven_stays() {
    let (_dir, store) = store_with(&["a"]);
    close(&store, "a", Status::Succeeded);
    let lease = store.lease("a", at(0)).unwrap();
    assert_eq!(store.prune(Prune::Finished { before: at(1000) }).unwrap(), 0);
    drop(lease);
    assert_eq!(store.prune(Prune::Finished { before: at(1000) }).unwrap(), 1);
}

#[test]
fn a_plan_is_kept_once_for_all_and_goes_with_the_last_run() {
    let (dir, store) = store_with(&["a", "b"]);
    let plans = || -> i64 {
        let connection = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
        connection.query_row("SELECT count(*) FROM plans", [], |row| row.get(0)).unwrap()
    };
    let prune = |run: &str| store.prune(Prune::Runs(vec![run.to_owned()])).unwrap();
    assert_eq!(plans(), 1);
    store.adopt_plan("a", r#"{"steps": [1]}"#, at(5)).unwrap();
    prune("b");
    assert_eq!(plans(), 2);
    prune("a");
    assert_eq!(plans(), 0);
}

#[test]
fn a_run_may_take_another_plan_and_keeps_those_it_had() {
    let (_dir, store) = store_with(&["a", "b"]);
    let (first, second) = (r#"{"steps": []}"#, r#"{"steps": [1]}"#);
    assert_eq!(store.earlier_plans("a").unwrap(), []);
    store.adopt_plan("a", second, at(5)).unwrap();
    store.adopt_plan("a", first, at(6)).unwrap();
    store.adopt_plan("a", second, at(7)).unwrap();
    assert_eq!((store.plan("a").unwrap().as_str(), store.plan("b").unwrap().as_str()), (second, first));
    let earlier: Vec<(i64, String)> = store
        .earlier_plans("a")
        .unwrap()
        .into_iter()
        .map(|EarlierPlan { until, plan }| (until.as_second() - at(0).as_second(), plan))
        .collect();
    assert_eq!(earlier, [(5, first.into()), (6, second.into()), (7, first.into())]);
    assert_eq!(store.adopt_plan("x", first, at(8)).unwrap_err().to_string(), "there is no run `x`");
    assert_eq!(store.plan("x").unwrap_err().to_string(), "there is no run `x`");
    assert_eq!(store.verify().unwrap(), [""; 0]);
}
