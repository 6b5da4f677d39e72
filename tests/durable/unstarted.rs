//! Runs whose process was killed before the first record: nothing was sent, and each suggested command works.

use crate::process::{Place, Running};
use crate::server::Server;

const ONE: &str = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}}
outputs: [{name: id, source: one.id}]
";

/// A place with such a run, and its id.
fn never_begun() -> (Place, Server, String) {
    let (place, server) = (Place::new(ONE, None), Server::start());
    let mut command = place.run_command(&server.base_url(), &[]);
    command.env("NAFTIKO_TEST_HALT_AFTER", "0");
    assert_eq!(Running::start(command).end().code, None, "it is killed");
    let runs = place.store().unwrap().runs().unwrap();
    assert_eq!((runs.len(), runs[0].events, server.seen().len()), (1, 0, 0));
    let run = runs[0].id.clone();
    (place, server, run)
}

/// Asserts that no run is left, and nothing was ever sent.
fn is_gone(place: &Place, server: &Server) {
    assert_eq!(place.store().unwrap().runs().unwrap(), []);
    let verified = place.naftiko(&["runs", "verify"]);
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), "0 runs are intact\n"));
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn it_is_shown_as_what_it_is_with_the_command_that_removes_it() {
    let (place, server, run) = never_begun();
    let listed = place.naftiko(&["runs"]);
    assert!(listed.stdout.contains(&format!("{run}  never started")), "{}", listed.told());
    let listed = place.naftiko(&["runs", "--json"]);
    assert!(listed.stdout.contains(r#""begun":false"#), "{}", listed.told());
    let shown = place.naftiko(&["runs", "show", &run]);
    assert!(shown.stdout.contains("never started"), "{}", shown.told());
    assert!(!shown.told().contains("naftiko resume"), "{}", shown.told());
    let resumed = place.naftiko(&["resume", &run]);
    assert_eq!(resumed.code, Some(2));
    assert!(resumed.stderr.contains("nothing was sent; run the composition again"), "{}", resumed.stderr);
    for command in
        [&["complete", &run, "one", "--result", "1"][..], &["resolve", &run, "one", "--did-not-happen"]]
    {
        assert_eq!(place.naftiko(command).code, Some(2));
    }
    let command =
        shown.stderr.lines().find(|line| line.starts_with("  naftiko runs prune ")).expect("it is named");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let pruned = place.naftiko(&words);
    assert_eq!((pruned.code, pruned.stderr.as_str()), (Some(0), "1 run removed\n"));
    is_gone(&place, &server);
}

#[test]
fn it_can_be_cancelled_and_is_removed_with_the_others() {
    let (place, server, run) = never_begun();
    let cancelled = place.naftiko(&["cancel", &run]);
    assert_eq!(cancelled.code, Some(0), "{}", cancelled.told());
    assert!(place.naftiko(&["runs", "show", &run]).stdout.contains("cancelled"));
    assert_eq!(place.naftiko(&["runs", "verify"]).code, Some(0));
    assert_eq!(place.naftiko(&["cancel", &run, "--compensate"]).code, Some(0));
    let pruned = place.naftiko(&["runs", "prune", "--older-than", "0s"]);
    assert_eq!((pruned.code, pruned.stderr.as_str()), (Some(0), "1 run removed\n"));
    is_gone(&place, &server);
}

#[test]
fn it_is_removed_by_its_age_without_being_cancelled() {
    let (place, server, _) = never_begun();
    let kept = place.naftiko(&["runs", "prune", "--older-than", "1h"]);
    assert_eq!(kept.stderr, "0 runs removed\n");
    let pruned = place.naftiko(&["runs", "prune", "--older-than", "0s"]);
    assert_eq!((pruned.code, pruned.stderr.as_str()), (Some(0), "1 run removed\n"));
    is_gone(&place, &server);
}

#[test]
fn work_removes_it_and_says_so() {
    let (place, server, run) = never_begun();
    let worked = place.naftiko(&["work", "--once"]);
    assert_eq!(worked.code, Some(0), "{}", worked.told());
    let told = format!("{run}  removed: its process ended before the run started, and nothing was sent\n");
    assert_eq!(worked.stderr, told);
    is_gone(&place, &server);
}

#[test]
fn one_that_is_about_to_begin_is_left_to_its_process() {
    let (place, server) = (Place::new(ONE, None), Server::start());
    let mut command = place.run_command(&server.base_url(), &[]);
    command.env("NAFTIKO_TEST_HALT_AFTER", "0");
    let running = Running::start(command);
    let run = loop {
        let runs = place.store().map(|store| store.runs().unwrap()).unwrap_or_default();
        if let [run] = runs.as_slice() {
            break run.id.clone();
        }
    };
    for command in [&["work", "--once"][..], &["runs", "prune", "--older-than", "0s"]] {
        assert_eq!(place.naftiko(command).code, Some(0));
    }
    assert_eq!(place.naftiko(&["runs", "prune", &run, "--force"]).code, Some(2));
    assert_eq!(place.naftiko(&["cancel", &run]).code, Some(2));
    assert_eq!(place.store().unwrap().runs().unwrap().len(), 1);
    assert_eq!(running.end().code, None);
}
