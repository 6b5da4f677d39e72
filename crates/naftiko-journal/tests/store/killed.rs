//! Acknowledged records survive a kill at any moment.

use std::path::Path;
use std::thread;
use std::time::Duration;

use naftiko_journal::{Entry, Store};

use crate::child::{self, Part};
use crate::scene::{append, at, clear, sensitive, store_with};

const TEST: &str = "killed::what_was_acknowledged_survives_every_kill";

const RUNS: [&str; 3] = ["a", "b", "c"];

/// The entry with this number: every third is encrypted, some are large.
fn entry(run: &str, seq: u64) -> Entry {
    match seq % 6 {
        0 | 3 => sensitive(run, seq, &"s".repeat(usize::try_from(seq % 5).unwrap() * 3000)),
        _ => clear(run, seq),
    }
}

/// The child that is killed: appends batches to several runs concurrently, and reports each record that was
/// acknowledged.
fn append_for_ever(dir: &Path) {
    let store = Store::open(dir).unwrap();
    thread::scope(|scope| {
        for run in RUNS {
            let store = &store;
            scope.spawn(move || {
                let _lease = store.lease(run, at(0)).unwrap();
                let mut next = store.run(run).unwrap().unwrap().events + 1;
                loop {
                    let after = next + 1 + next % 3;
                    let entries = (next..after).map(|seq| entry(run, seq)).collect();
                    append(store, run, entries).unwrap();
                    child::say(&format!("{run} {}", after - 1));
                    next = after;
                }
            });
        }
    });
}

/// The last record of a run that the child reported; a truncated line is ignored.
fn acknowledged(said: &[String], run: &str) -> u64 {
    let told = |line: &String| line.strip_prefix(run)?.strip_prefix(' ')?.parse().ok();
    said.iter().filter_map(told).max().unwrap_or(0)
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    if let Some(dir) = child::folder() {
        return append_for_ever(&dir);
    }
    let (dir, store) = store_with(&RUNS);
    drop(store);
    let mut total = 0;
    for round in 0..40_u64 {
        let mut part = Part::begin(TEST, dir.path());
        let first = part.heard();
        thread::sleep(Duration::from_micros(round * 7919 % 40_000));
        let mut said = part.kill();
        said.push(first);

        // Every other round reads with a store that may not write, and must interpret the log.
        let looking = round % 2 == 0;
        let found = looking.then(|| Store::open_existing(dir.path()).unwrap().unwrap());
        let store = found.unwrap_or_else(|| Store::open(dir.path()).unwrap());
        assert_eq!(store.verify().unwrap(), [""; 0], "round {round}");
        for run in RUNS {
            let records = store.records(run).unwrap();
            let kept = u64::try_from(records.len()).unwrap();
            assert!(kept >= acknowledged(&said, run), "round {round}, run {run}: {kept} of {said:?}");
            let wanted: Vec<_> = (1..=kept).map(|seq| entry(run, seq).record).collect();
            assert!(records == wanted, "round {round}, run {run}");
            // Batches are complete: the next one starts where the child would have started it.
            assert_eq!(store.run(run).unwrap().unwrap().events, kept);
            total += acknowledged(&said, run);
        }
    }
    assert!(total > 0);
}
