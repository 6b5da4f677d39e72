//! A run has at most one driver, and a dead process is none.

use std::sync::Barrier;
use std::thread;

use naftiko_journal::store::Lease;
use naftiko_journal::{Store, StoreError};

use crate::child::{self, Part};
use crate::scene::{at, files, store_with};

/// The process that drives run `r`, as reported to another store that requests the lease.
fn driver(store: &Store) -> Option<u32> {
    match store.lease("r", at(9)) {
        Ok(_) => None,
        Err(StoreError::Held { run, pid, since }) => {
            assert_eq!((run.as_str(), since.as_microsecond()), ("r", at(1).as_microsecond()));
            Some(pid)
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_run_is_leased_once_and_free_when_the_lease_is_dropped() {
    let (dir, store) = store_with(&["r", "q"]);
    let other = Store::open(dir.path()).unwrap();
    let lease = store.lease("r", at(1)).unwrap();
    assert_eq!(lease.run(), "r");
    for store in [&store, &store.clone(), &other] {
        assert_eq!(driver(store), Some(std::process::id()));
    }
    let told = store.lease("r", at(9)).unwrap_err().to_string();
    let pid = std::process::id();
    assert_eq!(told, format!("run `r` is driven by process {pid} since 2026-01-15T12:00:01.123456Z"));
    assert!(other.lease("q", at(1)).is_ok());
    drop(lease);
    assert_eq!((driver(&other), driver(&store)), (None, None));
    assert_eq!(store.lease("x", at(1)).map(drop).unwrap_err().to_string(), "there is no run `x`");
}

#[test]
fn a_lease_outlives_the_handle_it_was_taken_with() {
    let (dir, store) = store_with(&["r"]);
    let lease = store.lease("r", at(1)).unwrap();
    drop(store);
    let other = Store::open(dir.path()).unwrap();
    assert_eq!(driver(&other), Some(std::process::id()));
    drop(lease);
    assert_eq!(driver(&other), None);
    drop(other);
    assert_eq!(files(&dir.path().join("holders")), [""; 0]);
}

/// Starts a process that drives run `r` until it is killed.
fn drive(test: &str, dir: &std::path::Path) -> Part {
    let mut part = Part::begin(test, dir);
    assert_eq!(part.heard(), "driving");
    part
}

/// The part of that process.
fn drive_for_ever(dir: &std::path::Path) -> ! {
    let store = Store::open(dir).unwrap();
    let _lease = store.lease("r", at(1)).unwrap();
    child::say("driving");
    loop {
        thread::park();
    }
}

#[test]
fn a_process_that_is_killed_drives_nothing() {
    const TEST: &str = "leases::a_process_that_is_killed_drives_nothing";
    if let Some(dir) = child::folder() {
        drive_for_ever(&dir);
    }
    let (dir, store) = store_with(&["r"]);
    for _ in 0..3 {
        let part = drive(TEST, dir.path());
        assert_eq!(driver(&store), Some(part.pid()));
        part.kill();
        assert_eq!(driver(&store), None);
    }
    // The next process that drives a run removes the files of the dead.
    drive(TEST, dir.path()).kill();
    drive(TEST, dir.path()).kill();
    let holders = dir.path().join("holders");
    assert_eq!(files(&holders).len(), 2);
    let other = Store::open(dir.path()).unwrap();
    let _lease = other.lease("r", at(1)).unwrap();
    assert_eq!(files(&holders).len(), 2);
    drop(store);
    assert_eq!(files(&holders).len(), 1);
}

#[test]
fn a_process_that_is_stopped_still_drives() {
    const TEST: &str = "leases::a_process_that_is_stopped_still_drives";
    if let Some(dir) = child::folder() {
        drive_for_ever(&dir);
    }
    let (dir, store) = store_with(&["r"]);
    let part = drive(TEST, dir.path());
    let signal = |name: &str| {
        let pid = part.pid().to_string();
        std::process::Command::new("kill").args([name, &pid]).status().unwrap()
    };
    assert!(signal("-STOP").success());
    assert_eq!(driver(&store), Some(part.pid()));
    part.kill();
    assert_eq!(driver(&store), None);
}

/// Eight threads, each with its own store like a process, request the lease of run `r` together; returns those granted.
fn race(dir: &std::path::Path) -> Vec<Lease> {
    let together = &Barrier::new(8);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(move || {
                    let store = Store::open(dir).unwrap();
                    together.wait();
                    match store.lease("r", at(1)) {
                        Ok(lease) => Some(lease),
                        Err(StoreError::Held { .. }) => None,
                        Err(error) => panic!("{error}"),
                    }
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn of_eight_who_take_the_run_of_a_dead_process_one_gets_it() {
    const TEST: &str = "leases::of_eight_who_take_the_run_of_a_dead_process_one_gets_it";
    if let Some(dir) = child::folder() {
        drive_for_ever(&dir);
    }
    let (dir, _store) = store_with(&["r"]);
    for _ in 0..8 {
        drive(TEST, dir.path()).kill();
        assert_eq!(race(dir.path()).len(), 1);
        assert_eq!(race(dir.path()).len(), 1);
    }
}
