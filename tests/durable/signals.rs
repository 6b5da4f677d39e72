//! Stopping processes that wait, call or compute.
//!
//! A process that halts at the test hook represents one that computes: the thread that drives its run does nothing
//! else.
#![cfg(debug_assertions)]

use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use naftiko_journal::Status;

use crate::process::{Place, Running, limited};
use crate::server::{Cut, Gate, Server, wait_until};

const TWO_CALLS: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - {id: last, capability: things, operation: createThing, with: {name: 'b-${make.id}'}}
outputs: [{name: id, source: last.id}]
";

const THREE_CALLS: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - {id: next, capability: things, operation: createThing, with: {name: 'b-${make.id}'}}
  - {id: last, capability: things, operation: createThing, with: {name: 'c-${next.id}'}}
";

const ONE_CALL: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: c}}
";

/// A command that halts once the record with this number is committed.
fn halting(mut command: Command, seq: u64) -> Running {
    command.env("NAFTIKO_TEST_HALT_AFTER", seq.to_string());
    Running::start(command)
}

/// Waits until the process halts, and drains its further output in the background.
fn wait_for_halt(running: &Running) {
    let mut lines = running.lines();
    assert!(lines.any(|line| line.starts_with("halted after ")));
    std::thread::spawn(move || lines.for_each(drop));
}

fn posts(server: &Server) -> usize {
    server.seen().iter().filter(|seen| !seen.is_safe()).count()
}

#[test]
fn a_second_signal_ends_a_process_that_computes_at_once() {
    for signals in [["TERM", "TERM"], ["INT", "TERM"], ["HUP", "INT"]] {
        let (place, server) = (Place::new(TWO_CALLS, None), Server::start());
        let running = halting(place.run_command(&server.base_url(), &[]), 2);
        wait_for_halt(&running);
        running.signal(signals[0]);
        // Two signals that arrive together count as one.
        std::thread::sleep(Duration::from_millis(300));
        running.signal(signals[1]);
        assert_eq!(running.code(), Some(4), "{signals:?}");
        let id = place.run().unwrap().id;
        let resumed = place.naftiko(&["resume", &id]);
        assert_eq!(resumed.code, Some(5), "the intent of a call is kept: {}", resumed.told());
    }
}

#[test]
fn a_process_that_only_computes_ends_after_one_signal_too() {
    let (place, server) = (Place::new(TWO_CALLS, None), Server::start());
    let running = halting(place.run_command(&server.base_url(), &[]), 2);
    wait_for_halt(&running);
    running.signal("TERM");
    // Without the signal it would halt for a minute and then abort.
    assert_eq!(running.code(), Some(4));
}

#[test]
fn a_worker_with_a_run_that_computes_drives_others_and_hears_signals() {
    let (place, server) = (Place::new(THREE_CALLS, None), Server::start());
    assert_eq!(place.begin(&server.base_url(), &["--detach"]).code, Some(4));
    let computing = place.run().unwrap().id;
    // The run halts at its sixth record. A run with one call has fewer records.
    let worker = halting(place.command(&["work"]), 6);
    wait_for_halt(&worker);
    let shorter = std::fs::read_to_string(place.path().join("composition.yaml")).unwrap();
    let (head, _) = shorter.split_once("steps:").unwrap();
    place.write("composition.yaml", &format!("{head}{ONE_CALL}"));
    assert_eq!(place.begin(&server.base_url(), &["--detach"]).code, Some(4));
    let status = |id: &str| place.store().unwrap().find(id).unwrap().status;
    let other =
        || place.store().unwrap().runs().unwrap().into_iter().find(|run| run.id != computing).unwrap();
    wait_until(|| other().status == Status::Succeeded);
    assert_eq!(status(&computing), Status::Running);
    worker.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    worker.signal("TERM");
    assert_eq!(worker.code(), Some(0));
}

/// A run whose first call has been sent, and a function that releases the response.
fn calling(place: &Place, server: &Server, command: Command) -> (Running, impl FnOnce() + use<>) {
    let (arrived, arrives) = channel();
    let (let_go, lets_go) = channel::<()>();
    let lets_go = Mutex::new(lets_go);
    let pass = move || {
        arrived.send(()).unwrap();
        let _gone = lets_go.lock().unwrap().recv();
    };
    server.gate(Some(Gate { at: 1, cut: Cut::Nowhere, pass: Box::new(pass) }));
    let running = Running::start(command);
    arrives.recv_timeout(Duration::from_mins(1)).unwrap();
    let _ = place;
    (running, move || drop(let_go))
}

#[test]
fn a_call_under_way_ends_first_whichever_signal_stops_the_run() {
    for signal in ["TERM", "HUP", "INT"] {
        let (place, server) = (Place::new(TWO_CALLS, None), Server::start());
        let (running, let_go) = calling(&place, &server, place.run_command(&server.base_url(), &[]));
        let mut lines = running.lines();
        running.signal(signal);
        assert!(lines.any(|line| line.starts_with("stopping: ")), "{signal}");
        let_go();
        let told: Vec<String> = lines.collect();
        assert_eq!(running.code(), Some(4), "{signal}: {told:?}");
        assert!(told.iter().any(|line| line.starts_with("interrupted")), "{signal}: {told:?}");
        assert_eq!(posts(&server), 1);
        // The run is not in doubt, and a worker can continue it.
        assert_eq!(place.naftiko(&["work", "--once"]).code, Some(0));
        assert_eq!(place.run().unwrap().status, Status::Succeeded, "{signal}");
        assert_eq!(posts(&server), 2);
    }
}

#[test]
fn a_closed_terminal_is_ignored_where_it_was_ignored_before() {
    let (place, server) = (Place::new(TWO_CALLS, None), Server::start());
    let command = limited(&place.run_command(&server.base_url(), &[]), "trap '' HUP");
    let (running, let_go) = calling(&place, &server, command);
    running.signal("HUP");
    running.signal("HUP");
    let_go();
    let ended = running.end();
    assert_eq!((ended.code, posts(&server)), (Some(0), 2), "{}", ended.told());
    assert!(!ended.stderr.contains("stopping"), "{}", ended.stderr);
}
