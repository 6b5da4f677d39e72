//! Messages for a run that another process drives.

use naftiko_journal::Store;
use serde_json::{Value, json};

use crate::scene::{WAITING, clear, numbers, runtime, store_with};

fn contents(store: &Store, run: &str) -> Vec<Value> {
    store.inbox(run).unwrap().into_iter().map(|message| message.content).collect()
}

#[test]
fn messages_come_in_order_and_stay_until_they_are_taken() {
    let (dir, store) = store_with(&["r", "q"]);
    let other = Store::open(dir.path()).unwrap();
    assert_eq!(store.last_message().unwrap(), 0);
    let first = other.post("r", &json!({"cancel": true})).unwrap();
    let second = other.post("q", &json!("hello")).unwrap();
    let third = store.post("r", &json!(null)).unwrap();
    assert!(first < second && second < third);
    assert_eq!(store.last_message().unwrap(), third);
    assert_eq!(contents(&store, "r"), [json!({"cancel": true}), json!(null)]);
    assert_eq!(store.inbox_runs().unwrap(), ["r", "q"]);
    store.taken(&[first, third]).unwrap();
    store.taken(&[first, 99]).unwrap();
    assert_eq!(store.inbox_runs().unwrap(), ["q"]);
    assert_eq!(contents(&other, "r"), [json!(null); 0]);
    // Numbers are never reused, so a new message is not mistaken for an old one.
    store.taken(&[second]).unwrap();
    assert_eq!(store.last_message().unwrap(), third);
    assert!(store.post("r", &json!(1)).unwrap() > third);
}

#[test]
fn a_message_may_be_left_only_if_nothing_has_changed_since_somebody_looked() {
    let (_dir, store) = store_with(&["r", "q"]);
    let post = |seq, last| store.post_unless_changed("r", &json!("x"), seq, last).unwrap();
    crate::scene::append(&store, "r", vec![clear("r", 1)]).unwrap();
    assert_eq!(post(0, None), None, "there is a record more");
    let first = post(1, None).unwrap();
    assert_eq!(post(1, None), None, "there is a message more");
    store.post("q", &json!("another run's")).unwrap();
    let second = post(1, Some(first)).unwrap();
    store.taken(&[first, second]).unwrap();
    assert_eq!(post(1, Some(second)), None, "it was taken");
    assert!(post(1, None).is_some());
    let gone = store.post_unless_changed("x", &json!(1), 0, None).unwrap_err();
    assert_eq!(gone.to_string(), "there is no run `x`");
}

#[test]
fn nobody_can_be_told_about_a_run_that_is_not_there() {
    let (_dir, store) = store_with(&["r"]);
    assert_eq!(store.post("q", &json!(1)).unwrap_err().to_string(), "there is no run `q`");
    assert_eq!(contents(&store, "q"), [json!(null); 0]);
}

#[test]
fn a_message_goes_with_the_record_that_came_of_it_or_stays_without() {
    let (_dir, store) = store_with(&["r"]);
    let message = store.post("r", &json!({"answer": 42})).unwrap();
    let taken = [message];
    let append = |seq| store.append_taking("r", vec![clear("r", seq)], WAITING, &taken);
    runtime().block_on(append(7)).unwrap_err();
    assert_eq!((numbers(&store, "r").len(), contents(&store, "r").len()), (0, 1));
    runtime().block_on(append(1)).unwrap();
    assert_eq!((numbers(&store, "r").len(), contents(&store, "r").len()), (1, 0));
}
