//! Several processes on one journal, and interrupts.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use naftiko_journal::{Event, Status};

use crate::process::{Place, Running};
use crate::server::{Cut, Gate, Server, wait_until};

/// A composition that waits for the provider and for a person concurrently.
const TWO_WAITS: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - id: wait
    dependsOn: [make]
    capability: things
    operation: getThing
    with: {id: '${make.id}'}
    poll: {until: response.body.state == 'active', every: 20ms, timeout: 1h}
  - {id: ask, dependsOn: [make], external: {with: {id: '${make.id}'}, result: {type: string}}}
  - {id: last, dependsOn: [wait, ask], capability: things, operation: createThing, with: {name: 'b-${ask}'}}
outputs: [{name: id, source: last.id}]
";

/// A composition that waits for the provider.
const ONE_WAIT: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
  - id: wait
    capability: things
    operation: getThing
    with: {id: '${make.id}'}
    poll: {until: response.body.state == 'active', every: 20ms, timeout: 1h}
  - {id: last, capability: things, operation: createThing, with: {name: b}}
outputs: [{name: id, source: last.id}]
";

fn run(place: &Place, server: &Server) -> Running {
    Running::start(place.run_command(&server.base_url(), &[]))
}

fn posts(server: &Server) -> Vec<String> {
    server.seen().iter().filter(|seen| !seen.is_safe()).map(crate::server::Seen::line).collect()
}

/// Whether the step has succeeded.
fn has_done(place: &Place, step: &str) -> bool {
    let Some(run) = place.run() else { return false };
    let done = |event: &Event| matches!(event, Event::StepSucceeded { step: of, .. } if of == step);
    place.records(&run.id).iter().any(|record| done(&record.event))
}

#[test]
fn while_one_process_drives_a_run_others_leave_it_alone_and_leave_it_messages() {
    let (place, server) = (Place::new(TWO_WAITS, None), Server::start());
    server.hold(true);
    let driving = run(&place, &server);
    server.wait_for("GET");
    let id = place.run().unwrap().id;

    let refused = place.naftiko(&["resume", &id]);
    assert_eq!(refused.code, Some(2), "{}", refused.told());
    let told = format!("error: run `{id}` is driven by process {} since ", driving.id());
    assert!(refused.stderr.starts_with(&told), "{}", refused.stderr);
    let worked = place.naftiko(&["work", "--once"]);
    assert_eq!((worked.code, worked.told().as_str()), (Some(0), ""));

    let unfit = place.naftiko(&["complete", &id, "ask", "--result", "7"]);
    assert_eq!(unfit.code, Some(2), "{}", unfit.told());
    let left = place.naftiko(&["complete", &id, "ask", "--result", "\"x\""]);
    assert_eq!(left.stderr, "`ask` is answered, once the process that drives the run reads this\n");
    wait_until(|| has_done(&place, "ask"));
    let again = place.naftiko(&["complete", &id, "ask", "--result", "\"x\""]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), "`ask` is answered\n"));
    let other = place.naftiko(&["complete", &id, "ask", "--result", "\"y\""]);
    assert_eq!(other.code, Some(2), "{}", other.told());
    assert_eq!(other.stderr, "error: step `ask` already has a different answer\n");

    server.hold(false);
    let ended = driving.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "id: b-x.1\n"), "{}", ended.stderr);
    assert_eq!(posts(&server), [r#"POST /things {"name":"a"}"#, r#"POST /things {"name":"b-x"}"#]);
}

#[test]
fn an_answer_may_be_given_twice_and_not_in_two_ways() {
    let (place, server) = (Place::new("steps:\n  - {id: ask, external: true}\n", None), Server::start());
    assert_eq!(run(&place, &server).end().code, Some(4));
    let id = place.run().unwrap().id;
    let complete = |answer| place.naftiko(&["complete", &id, "ask", "--result", answer]);
    for _ in 0..2 {
        assert_eq!(complete(r#"{"sent": true}"#).code, Some(0));
    }
    assert_eq!(complete(r#"{"sent": false}"#).code, Some(2));
    assert_eq!(place.naftiko(&["resume", &id]).code, Some(0));
    assert_eq!(complete(r#"{"sent": true}"#).code, Some(0), "also when it is over");
    assert_eq!(complete(r#"{"sent": false}"#).code, Some(2));
}

#[test]
fn of_answers_that_come_at_once_one_is_taken_and_the_others_are_refused() {
    let (place, server) = (Place::new(TWO_WAITS, None), Server::start());
    server.hold(true);
    let driving = run(&place, &server);
    server.wait_for("GET");
    let id = place.run().unwrap().id;
    let answers: Vec<Running> = ["\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\""]
        .map(|answer| Running::start(place.command(&["complete", &id, "ask", "--result", answer])))
        .into();
    let answers: Vec<_> = answers.into_iter().map(Running::end).collect();
    let told: Vec<_> = answers.iter().map(|ended| ended.stderr.as_str()).collect();
    assert_eq!(answers.iter().filter(|ended| ended.code == Some(0)).count(), 1, "{told:?}");
    let refused = "error: step `ask` already has a different answer\n";
    assert_eq!(told.iter().filter(|told| **told == refused).count(), 4, "{told:?}");

    wait_until(|| has_done(&place, "ask"));
    driving.interrupt();
    assert_eq!(driving.end().code, Some(4));
    server.hold(false);
    let other = place.naftiko(&["resume", &id, "--answer", "ask=\"z\""]);
    assert_eq!((other.code, other.stderr.as_str()), (Some(2), refused));
    let ended = place.naftiko(&["resume", &id]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    let other = place.naftiko(&["resume", &id, "--answer", "ask=\"z\""]);
    assert_eq!((other.code, other.stderr.as_str()), (Some(2), refused));
}

#[test]
fn whoever_interrupts_a_run_that_waits_is_told_how_to_go_on() {
    let (place, server) = (Place::new(TWO_WAITS, None), Server::start());
    server.hold(true);
    let running = run(&place, &server);
    server.wait_for("GET");
    running.interrupt();
    let ended = running.end();
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let id = place.run().unwrap().id;
    assert!(
        ended.stderr.contains("interrupted") && ended.stderr.contains(&format!("naftiko resume {id}")),
        "{}",
        ended.stderr
    );
    server.hold(false);
    let ended = place.naftiko(&["resume", &id, "--answer", "ask=\"x\""]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "id: b-x.1\n"), "{}", ended.stderr);
    assert_eq!(posts(&server).len(), 2);
}

/// A run that has sent its first request, and a function that releases the response.
fn waiting_for_an_answer(place: &Place, server: &Server) -> (Running, impl FnOnce()) {
    waiting_for_answer(1, place, server)
}

/// Like [`waiting_for_an_answer`], for the request with this number.
fn waiting_for_answer(at: usize, place: &Place, server: &Server) -> (Running, impl FnOnce()) {
    let (arrived, arrives) = channel();
    let (let_go, lets_go) = channel::<()>();
    let lets_go = Mutex::new(lets_go);
    let pass = move || {
        arrived.send(()).unwrap();
        // Blocks until the holder releases it or is dropped.
        let _gone = lets_go.lock().unwrap_or_else(PoisonError::into_inner).recv();
    };
    server.gate(Some(Gate { at, cut: Cut::Nowhere, pass: Box::new(pass) }));
    let running = run(place, server);
    arrives.recv_timeout(Duration::from_secs(20)).unwrap();
    (running, move || drop(let_go))
}

#[test]
fn a_call_under_way_is_let_end_when_a_run_is_interrupted() {
    let (place, server) = (Place::new(ONE_WAIT, None), Server::start());
    let (running, let_go) = waiting_for_an_answer(&place, &server);
    running.interrupt();
    std::thread::sleep(Duration::from_millis(100));
    assert!(!has_done(&place, "make"));
    let_go();
    let ended = running.end();
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    assert!(has_done(&place, "make"), "{}", ended.told());
    let id = place.run().unwrap().id;
    let resumed = place.naftiko(&["resume", &id]);
    assert_eq!((resumed.code, posts(&server).len()), (Some(0), 2), "{}", resumed.told());
}

#[test]
fn a_run_that_is_interrupted_twice_ends_at_once_and_is_safe() {
    let (place, server) = (Place::new(ONE_WAIT, None), Server::start());
    let (running, let_go) = waiting_for_an_answer(&place, &server);
    running.interrupt();
    // Two signals that arrive together count as one.
    std::thread::sleep(Duration::from_millis(300));
    running.interrupt();
    let ended = running.end();
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let_go();
    let id = place.run().unwrap().id;
    let resumed = place.naftiko(&["resume", &id]);
    assert_eq!(resumed.code, Some(5), "{}", resumed.told());
    let made = server.seen()[0].answer.to_string();
    assert_eq!(place.naftiko(&["resolve", &id, "make", "--happened", &made]).code, Some(0));
    let resumed = place.naftiko(&["resume", &id]);
    assert_eq!((resumed.code, posts(&server).len()), (Some(0), 2), "{}", resumed.told());
}

/// A composition that fails and compensates two effects.
const UNDONE: &str = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}, compensate: {capability: things, operation: deleteThing, with: {id: '${one.id}'}}}
  - {id: two, capability: things, operation: createThing, with: {name: b}, compensate: {capability: things, operation: deleteThing, with: {id: '${two.id}'}}}
  - {id: three, capability: things, operation: refuseThing, with: {name: c}}
";

#[test]
fn a_run_that_is_interrupted_while_it_is_undone_is_stopped_and_undone_further() {
    let (place, server) = (Place::new(UNDONE, None), Server::start());
    let (running, let_go) = waiting_for_answer(4, &place, &server);
    running.interrupt();
    std::thread::sleep(Duration::from_millis(100));
    let_go();
    let ended = running.end();
    let id = place.run().unwrap().id;
    let state = place.state().display().to_string();
    let told = format!(
        "interrupted, and compensation is incomplete\ncontinue with\n  naftiko resume {id} --state {state}\n"
    );
    assert!(ended.code == Some(4) && ended.stderr.ends_with(&told), "{:?} {}", ended.code, ended.told());
    let resumed = place.naftiko(&["resume", &id]);
    assert_eq!(resumed.code, Some(3), "{}", resumed.told());
    assert_eq!(place.run().unwrap().status, Status::Compensated);
    assert_eq!(posts(&server).len(), 5, "{:?}", posts(&server));
}

#[test]
fn of_what_undoes_a_step_nothing_need_be_said_but_that_it_happened() {
    let (place, server) = (Place::new(UNDONE, None), Server::start());
    let (running, let_go) = waiting_for_answer(4, &place, &server);
    running.killer()();
    running.end();
    let_go();
    let id = place.run().unwrap().id;
    let resumed = place.naftiko(&["resume", &id]);
    let happened = format!("naftiko resolve {id} 'two:compensate' --happened --state ");
    assert!(resumed.code == Some(5) && resumed.stderr.contains(&happened), "{}", resumed.told());
    let resolve = || place.naftiko(&["resolve", &id, "two:compensate", "--happened"]);
    assert_eq!((resolve().code, resolve().code), (Some(0), Some(0)), "and once more");
    let otherwise = place.naftiko(&["resolve", &id, "two:compensate", "--did-not-happen"]);
    let told = "error: `two:compensate` is not in doubt: the step has already succeeded\n";
    assert_eq!((otherwise.code, otherwise.stderr.as_str()), (Some(2), told));
    let resumed = place.naftiko(&["resume", &id]);
    assert_eq!((resumed.code, posts(&server).len()), (Some(3), 5), "{}", resumed.told());
}

#[test]
fn a_worker_goes_on_with_a_run_whose_process_was_killed() {
    let (place, server) = (Place::new(ONE_WAIT, None), Server::start());
    server.hold(true);
    let driving = run(&place, &server);
    server.wait_for("GET");
    let worker = Running::start(place.command(&["work"]));
    // Gives it time to see that another process drives the run.
    std::thread::sleep(Duration::from_millis(500));
    driving.killer()();
    assert_eq!(driving.end().code, None);
    server.hold(false);
    wait_until(|| place.run().is_some_and(|run| run.status == Status::Succeeded));
    worker.interrupt();
    assert_eq!(worker.end().code, Some(0));
    assert_eq!(posts(&server).len(), 2);
}

#[test]
fn three_workers_do_everything_of_fifty_runs_once() {
    let body = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: 'a-${run.id}'}}
  - {id: two, capability: things, operation: createThing, with: {name: 'b-${one.name}'}}
outputs: [{name: id, source: two.id}]
";
    let (place, server) = (Place::new(body, None), Server::start());
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let ended = place.begin(&server.base_url(), &["--detach"]);
                    assert_eq!(ended.code, Some(4), "{}", ended.told());
                }
            });
        }
    });
    assert_eq!(server.seen().len(), 0, "what is detached has not begun");
    let workers = [(); 3].map(|()| Running::start(place.command(&["work", "--once"])));
    for worker in workers {
        let ended = worker.end();
        assert_eq!(ended.code, Some(0), "{}", ended.told());
    }
    let runs = place.store().unwrap().runs().unwrap();
    assert_eq!(runs.len(), 50);
    assert!(runs.iter().all(|run| run.status == Status::Succeeded), "{runs:?}");
    let mut times = BTreeMap::new();
    for line in posts(&server) {
        *times.entry(line).or_insert(0) += 1;
    }
    assert!(times.len() == 100 && times.values().all(|times| *times == 1), "{times:?}");
    assert_eq!(place.store().unwrap().verify().unwrap(), [""; 0]);
}
