//! The runs that are due.

use jiff::{SignedDuration, Timestamp};
use naftiko_journal::{Journal as _, Standing, Status, Store};

use crate::scene::{at, runtime, store_with};

fn set(store: &Store, run: &str, due: Option<Timestamp>) {
    let standing = Standing { status: Status::Waiting, due };
    runtime().block_on(store.append(run, Vec::new(), standing)).unwrap();
}

#[test]
fn the_longest_due_comes_first_and_what_waits_for_somebody_never() {
    let (_dir, store) = store_with(&["a", "b", "c", "d"]);
    assert_eq!((store.next_due().unwrap(), store.due(at(100), 10).unwrap().len()), (None, 0));
    set(&store, "a", Some(at(30)));
    set(&store, "b", Some(at(10)));
    set(&store, "c", Some(at(20)));
    set(&store, "d", None);
    assert_eq!(store.due(at(31), 10).unwrap(), ["b", "c", "a"]);
    assert_eq!(store.due(at(31), 2).unwrap(), ["b", "c"]);
    assert_eq!(store.due(at(21), 10).unwrap(), ["b", "c"]);
    assert_eq!(store.due(at(9), 10).unwrap(), [""; 0]);
    set(&store, "b", None);
    assert_eq!(store.due(at(31), 10).unwrap(), ["c", "a"]);
    assert_eq!(store.next_due().unwrap().unwrap().as_second(), at(20).as_second());
}

#[test]
fn nothing_is_due_a_moment_too_early() {
    let (_dir, store) = store_with(&["a"]);
    for nanosecond in [0, 1, 499, 999, 1000] {
        for base in [Timestamp::UNIX_EPOCH, "1969-12-31T23:59:59.5Z".parse().unwrap(), at(0)] {
            let due = base + SignedDuration::from_nanos(nanosecond);
            set(&store, "a", Some(due));
            let next = store.next_due().unwrap().unwrap();
            assert!(next >= due && next.duration_since(due) < SignedDuration::from_micros(1));
            assert!(store.due(next, 1).unwrap() == ["a"]);
            assert!(store.due(due - SignedDuration::from_nanos(1), 1).unwrap().is_empty());
        }
    }
}
