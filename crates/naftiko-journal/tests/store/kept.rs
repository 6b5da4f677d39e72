//! Records are read back as they were appended.

use std::collections::BTreeMap;

use naftiko_journal::{Entry, Journal as _, Record, Standing, Status, Store, StoreError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::scene::{
    WAITING, append, at, begin, clear, entry, numbers, runtime, sensitive, store_with, succeeded,
};

#[test]
fn records_are_there_after_the_store_is_opened_again() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1), sensitive("r", 2, "tok_1")]).unwrap();
    append(&store, "r", vec![clear("r", 3)]).unwrap();
    let wanted = [clear("r", 1), sensitive("r", 2, "tok_1"), clear("r", 3)];
    for store in [store.clone(), Store::open(dir.path()).unwrap()] {
        assert_eq!(store.records("r").unwrap(), wanted.clone().map(|entry| entry.record));
        let shown = wanted.clone().map(|entry| Record { event: entry.shown, ..entry.record });
        assert_eq!(store.shown("r").unwrap(), shown);
        assert_eq!(store.plan("r").unwrap(), r#"{"steps": []}"#);
        assert_eq!(store.verify().unwrap(), [""; 0]);
    }
}

#[test]
fn a_run_is_summed_up() {
    let (_dir, store) = store_with(&["r"]);
    let new = store.run("r").unwrap().unwrap();
    assert_eq!(
        (new.composition.as_str(), new.status, new.due, new.events),
        ("onboarding", Status::Running, None, 0)
    );
    assert_eq!(new.origin, json!({"file": "onboarding.yaml"}));
    append(&store, "r", vec![clear("r", 1), clear("r", 2)]).unwrap();
    let later = store.run("r").unwrap().unwrap();
    assert_eq!((later.status, later.events), (Status::Waiting, 2));
    assert_eq!(later.created.as_microsecond(), at(0).as_microsecond());
    assert_eq!(later.updated.as_microsecond(), at(2).as_microsecond());
    assert_eq!(store.run("q").unwrap(), None);
    assert!(store.records("q").unwrap().is_empty());
}

#[test]
fn the_newest_run_comes_first_and_of_one_moment_the_last() {
    let (_dir, store) = store_with(&["c", "a"]);
    begin(&store, "b", 1).unwrap();
    begin(&store, "old", -1).unwrap();
    let ids: Vec<String> = store.runs().unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(ids, ["b", "a", "c", "old"]);
}

/// Asserts that `entries` are rejected for run `r`, which has one record, and that none of them is stored.
fn refused(entries: Vec<Entry>, expected: &str) {
    let (_dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    assert_eq!(append(&store, "r", entries).unwrap_err().to_string(), expected);
    assert_eq!(numbers(&store, "r"), [1]);
    append(&store, "r", vec![clear("r", 2)]).unwrap();
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn a_second_writer_is_caught_by_the_number() {
    let hint = "another process may be driving the run";
    refused(vec![clear("r", 1)], &format!("record 1 of run `r` cannot be stored: expected record 2; {hint}"));
    refused(vec![clear("r", 3)], &format!("record 3 of run `r` cannot be stored: expected record 2; {hint}"));
    refused(vec![clear("r", 0)], &format!("record 0 of run `r` cannot be stored: expected record 2; {hint}"));
    refused(
        vec![clear("r", 2), clear("r", 2)],
        &format!("record 2 of run `r` cannot be stored: expected record 3; {hint}"),
    );
    refused(vec![clear("q", 2)], "a record of run `q` cannot be stored for run `r`");
}

#[test]
fn two_stores_that_write_one_run_collide_and_lose_nothing() {
    let (dir, store) = store_with(&["r"]);
    let other = Store::open(dir.path()).unwrap();
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    append(&other, "r", vec![clear("r", 2)]).unwrap();
    let error = append(&store, "r", vec![clear("r", 2)]).unwrap_err();
    assert_eq!(error, StoreError::OutOfSequence { run: "r".into(), found: 2, due: 3 });
    assert_eq!(numbers(&store, "r"), [1, 2]);
}

#[test]
fn a_run_is_begun_once_and_before_its_records() {
    let (_dir, store) = store_with(&["r"]);
    assert_eq!(begin(&store, "r", 9).unwrap_err().to_string(), "run `r` already exists");
    assert_eq!(append(&store, "q", vec![clear("q", 1)]).unwrap_err().to_string(), "there is no run `q`");
    assert_eq!(store.runs().unwrap().len(), 1);
}

#[test]
fn an_error_of_the_journal_says_what_it_was() {
    let (_dir, store) = store_with(&[]);
    let error = runtime().block_on(store.append("q", vec![clear("q", 1)], WAITING)).unwrap_err();
    assert_eq!(error.to_string(), "the journal could not be written: there is no run `q`");
}

#[test]
fn an_answer_as_deep_as_can_be_read_is_kept() {
    let (_dir, store) = store_with(&["r"]);
    let deepest = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let deepest: Value = serde_json::from_str(&deepest).unwrap();
    let hidden = Some(succeeded(&json!("***")));
    let entries = vec![
        entry("r", 1, succeeded(&deepest), None),
        entry("r", 2, succeeded(&json!({"items": [deepest]})), hidden),
    ];
    append(&store, "r", entries.clone()).unwrap();
    let wanted: Vec<Record> = entries.into_iter().map(|entry| entry.record).collect();
    assert_eq!(store.records("r").unwrap(), wanted);
    store.post("r", &json!({"result": deepest})).unwrap();
    assert_eq!(store.inbox("r").unwrap()[0].content, json!({"result": deepest}));
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn the_standing_may_change_without_a_record() {
    let (_dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    let standing = Standing { status: Status::Running, due: Some(at(60)) };
    runtime().block_on(store.append("r", Vec::new(), standing)).unwrap();
    let run = store.run("r").unwrap().unwrap();
    assert_eq!((run.status, run.events), (Status::Running, 1));
    assert_eq!(run.updated.as_microsecond(), at(1).as_microsecond());
    assert!(run.due.unwrap() >= at(60));
}

#[test]
fn many_appenders_at_a_time_all_get_their_own_answer() {
    let runs: Vec<String> = (0..100).map(|number| format!("r{number:02}")).collect();
    let (_dir, store) = store_with(&runs.iter().map(String::as_str).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let tasks: Vec<_> = (0..)
        .zip(&runs)
        .map(|(number, run)| {
            let (store, run) = (store.clone(), run.clone());
            runtime.spawn(async move {
                for seq in 1..=5 {
                    // Every tenth run omits its third record.
                    let left_out = u64::from(number % 10 == 0 && seq >= 3);
                    let kept = store.append(&run, vec![clear(&run, seq + left_out)], WAITING).await;
                    assert_eq!(kept.is_ok(), left_out == 0, "{run} {seq}: {kept:?}");
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    for (number, run) in (0..).zip(&runs) {
        let wanted: &[u64] = if number % 10 == 0 { &[1, 2] } else { &[1, 2, 3, 4, 5] };
        assert_eq!(numbers(&store, run), wanted);
    }
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn several_who_write_one_journal_all_get_through() {
    let runs = ["a", "b", "c", "d"];
    let (dir, store) = store_with(&runs);
    std::thread::scope(|scope| {
        for run in runs {
            // Each thread has its own store, like another process.
            let store = Store::open(dir.path()).unwrap();
            scope.spawn(move || {
                let _lease = store.lease(run, at(0)).unwrap();
                for seq in 1..=25 {
                    append(&store, run, vec![clear(run, seq)]).unwrap();
                }
            });
        }
    });
    for run in runs {
        assert_eq!(numbers(&store, run).len(), 25);
    }
    assert_eq!(store.verify().unwrap(), [""; 0]);
}

#[test]
fn what_is_queued_is_written_when_nobody_waits_and_the_store_goes() {
    let (dir, store) = store_with(&["r"]);
    runtime().block_on(async {
        for seq in 1..=50 {
            // The future is polled once, which queues the work, and then dropped.
            polled_once(store.append("r", vec![clear("r", seq)], WAITING)).await;
        }
    });
    drop(store);
    let store = Store::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(numbers(&store, "r").len(), 50);
}

/// Polls a future once and drops it.
async fn polled_once<F: Future>(future: F) {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        let _ = future.as_mut().poll(context);
        std::task::Poll::Ready(())
    })
    .await;
}

/// Any JSON that a provider may send.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// One batch: the run, whether its numbers are correct, and the results, some of them sensitive.
type Step = (usize, bool, Vec<(Value, bool)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let result = (json_value(), any::<bool>());
    let step = (0..3_usize, prop::bool::weighted(0.8), prop::collection::vec(result, 0..4));
    prop::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any sequence of batches, the store equals a list in memory, before and after it is reopened.
    #[test]
    fn the_store_is_a_list_of_records(steps in steps()) {
        let runs = ["a", "b", "c"];
        let (dir, store) = store_with(&runs);
        let mut model: BTreeMap<&str, Vec<Record>> = runs.into_iter().map(|run| (run, Vec::new())).collect();
        for (run, right, results) in steps {
            let run = runs[run];
            let kept = model.get_mut(run).unwrap();
            let first = u64::try_from(kept.len()).unwrap() + if right { 1 } else { 2 };
            let entries: Vec<Entry> = (first..)
                .zip(results)
                .map(|(seq, (result, hidden))| {
                    let shown = hidden.then(|| succeeded(&json!("***")));
                    entry(run, seq, succeeded(&result), shown)
                })
                .collect();
            let refused = !right && !entries.is_empty();
            prop_assert_eq!(append(&store, run, entries.clone()).is_err(), refused);
            if !refused {
                kept.extend(entries.into_iter().map(|entry| entry.record));
            }
        }
        for store in [store.clone(), Store::open_existing(dir.path()).unwrap().unwrap()] {
            for (run, kept) in &model {
                prop_assert_eq!(&store.records(run).unwrap(), kept);
            }
            prop_assert_eq!(store.verify().unwrap(), Vec::<String>::new());
        }
    }
}
