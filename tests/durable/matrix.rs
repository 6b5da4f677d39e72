//! The crash matrix: every composition, killed after every event and during every request, has the same result, and no
//! effect happens twice because of it.
//!
//! `cargo test` drives a fixed selection of the cases, a different one for each composition. `cargo xtask matrix` sets
//! `NAFTIKO_MATRIX` and drives them all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use naftiko_journal::{Event, Record};

use crate::compositions::{ALL, Composition};
use crate::life::{Death, Driving, Life, Lived};
use crate::process::Place;
use crate::server::{Cut, Seen, Server};

/// The number of compositions that are driven concurrently. Most of the time is spent waiting for processes.
const AT_ONCE: usize = 4;

/// `cargo test` drives one in so many cases.
const ONE_IN: usize = 14;

/// The moments at which the second process is killed, after a first one was killed.
const SECONDS: [Death; 5] = [
    Death::AfterMore(1),
    Death::During(1, Cut::BeforeAnswering),
    Death::AfterMore(2),
    Death::During(1, Cut::BeforeActing),
    Death::AfterMore(4),
];

#[derive(Default)]
struct Score {
    cases: AtomicUsize,
    deaths: AtomicUsize,
}

/// The moments at which the processes of one run are killed, and how the run is driven.
struct Case {
    driving: Driving,
    deaths: Vec<Death>,
    /// Whether each moment is certain to come, however the requests of the run are ordered.
    is_certain: bool,
}

#[test]
fn a_run_that_is_killed_anywhere_comes_to_the_same_end() {
    let is_whole = std::env::var_os("NAFTIKO_MATRIX").is_some();
    let score = Score::default();
    let queue = Mutex::new(ALL.iter().enumerate().collect::<Vec<_>>());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let server = Server::start();
                loop {
                    let Some((number, composition)) = queue.lock().unwrap().pop() else { return };
                    let selected = |case: &usize| is_whole || case % ONE_IN == number % ONE_IN;
                    let died =
                        std::panic::AssertUnwindSafe(|| every_death(composition, &server, selected, &score));
                    if std::panic::catch_unwind(died).is_err() {
                        failed.lock().unwrap().push(composition.name);
                    }
                }
            });
        }
    });
    let (cases, deaths) = (score.cases.into_inner(), score.deaths.into_inner());
    eprintln!("crash matrix: {} compositions, {cases} cases, {deaths} processes killed", ALL.len());
    assert_eq!(failed.into_inner().unwrap(), [""; 0]);
    assert!(cases >= if is_whole { 1000 } else { 1000 / ONE_IN }, "{cases}");
}

/// Drives the composition undisturbed, and then once for each selected case. The cases are numbered from 0.
fn every_death(composition: &Composition, server: &Server, selected: impl Fn(&usize) -> bool, score: &Score) {
    let place = Place::new(composition.body, composition.child);
    let live = |driving, deaths: &[Death]| {
        let lived = Life::new(composition, &place, server, driving, deaths).live();
        score.cases.fetch_add(1, Ordering::Relaxed);
        score.deaths.fetch_add(lived.deaths, Ordering::Relaxed);
        lived
    };
    let base = live(Driving::Resume, &[]);
    assert_eq!(base.status, composition.status, "`{}`:\n{}", composition.name, base.story);
    let cases = cases(composition, base.records.len() as u64, base.seen.len());
    for (_, case) in cases.iter().enumerate().filter(|(number, _)| selected(number)) {
        let Case { driving, deaths, is_certain } = case;
        let lived = live(*driving, deaths);
        if let Some(wrong) = difference(composition, &base, &lived) {
            panic!(
                "`{}` {driving:?} {deaths:?}: {wrong}\n{}\n--- undisturbed\n{}",
                composition.name, lived.story, base.story
            );
        }
        assert!(!is_certain || lived.deaths == deaths.len(), "`{}` {deaths:?}", composition.name);
    }
}

/// All cases of a composition whose undisturbed run has so many records and sends so many requests.
fn cases(composition: &Composition, records: u64, requests: usize) -> Vec<Case> {
    // Runs with sensitive inputs, which are not stored, cannot be driven by `work`.
    let driving = if composition.secrets.is_empty() { Driving::Work } else { Driving::Resume };
    let after = (0..=records).map(|seq| Case {
        driving: Driving::Resume,
        deaths: vec![Death::After(seq)],
        is_certain: true,
    });
    let cuts = [(Cut::BeforeActing, driving), (Cut::BeforeAnswering, Driving::Resume)];
    let during = (1..=requests).flat_map(|at| cuts.map(|(cut, driving)| (at, cut, driving)));
    let during = during.map(|(at, cut, driving)| Case {
        driving,
        deaths: vec![Death::During(at, cut)],
        is_certain: false,
    });
    // All pairs of moments would take too long, so each first one is combined with three second ones, in turn.
    let mut seconds = SECONDS.iter().cycle();
    let mut twice = Vec::new();
    for first in firsts(records, requests) {
        for second in seconds.by_ref().take(3) {
            twice.push(Case { driving, deaths: vec![first, *second], is_certain: false });
        }
    }
    after.chain(during).chain(twice).collect()
}

/// The moments at which the first of two processes is killed.
fn firsts(records: u64, requests: usize) -> Vec<Death> {
    let after = (2..records).map(Death::After);
    let during = (1..=requests)
        .flat_map(|at| [Cut::BeforeActing, Cut::BeforeAnswering].map(|cut| Death::During(at, cut)));
    after.chain(during).collect()
}

/// The first impermissible difference from the undisturbed run.
fn difference(composition: &Composition, base: &Lived, lived: &Lived) -> Option<String> {
    if lived.status != base.status || lived.outputs != base.outputs {
        return Some(format!("it {} with {}", lived.status, lived.outputs));
    }
    let is_exempt = |seen: &&Seen, paths: &[&str]| paths.contains(&seen.path.as_str());
    let is_counted = |seen: &&Seen| !seen.is_safe() && !is_exempt(seen, composition.repeated);
    let effects = |lived: &Lived| {
        let acted = lived.seen.iter().filter(is_counted).filter(|seen| seen.acted);
        count(acted.filter(|seen| !is_exempt(seen, composition.uncertain)).map(Seen::line))
    };
    if effects(lived) != effects(base) {
        return Some(format!("it did {:?}", effects(lived)));
    }
    let sent = |lived: &Lived| {
        count(lived.seen.iter().filter(is_counted).filter(|seen| seen.key.is_none()).map(Seen::line))
    };
    let (allowed, excused) = (sent(base), count(lived.not_happened.iter().cloned()));
    let already = count(base.not_happened.iter().cloned());
    for (line, times) in sent(lived) {
        let of = |counts: &BTreeMap<String, usize>| counts.get(&line).copied().unwrap_or_default();
        if times + of(&already) > of(&allowed) + of(&excused) {
            return Some(format!("it sent `{line}` {times} times"));
        }
    }
    keys(lived).or_else(|| pages(lived)).or_else(|| undoing(composition, base, lived))
}

/// Checks that a page that was received is not requested again.
fn pages(lived: &Lived) -> Option<String> {
    let mut had = BTreeSet::new();
    let mut asked = BTreeMap::new();
    for record in &lived.records {
        match &record.event {
            Event::AttemptStarted { step, request, .. } => {
                let page = (step, request.arguments.get("after").map(ToString::to_string));
                if had.contains(&page) {
                    return Some(format!("the page {page:?} is asked for again"));
                }
                asked.insert(step, page);
            }
            Event::PageReceived { step, .. } => had.extend(asked.remove(step)),
            _ => {}
        }
    }
    None
}

fn count(lines: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

/// Checks that each request has one idempotency key, however often it is sent.
fn keys(lived: &Lived) -> Option<String> {
    let pairs: BTreeSet<(String, &str)> =
        lived.seen.iter().filter_map(|seen| Some((seen.line(), seen.key.as_deref()?))).collect();
    let lines: BTreeSet<&str> = pairs.iter().map(|(line, _)| line.as_str()).collect();
    let keys: BTreeSet<&str> = pairs.iter().map(|(_, key)| *key).collect();
    (lines.len() != pairs.len() || keys.len() != pairs.len()).then(|| format!("the keys were {pairs:?}"))
}

/// Checks that effects are compensated in reverse order.
fn undoing(composition: &Composition, base: &Lived, lived: &Lived) -> Option<String> {
    let undone = |lived: &Lived| {
        let acted = lived.seen.iter().filter(|seen| seen.acted && seen.method == "DELETE");
        acted.map(Seen::line).collect::<Vec<_>>()
    };
    let order = order_of_undoing(&lived.records);
    if composition.is_undone_in_order && !order.is_sorted_by(|one, next| one > next) {
        return Some(format!("it was undone in the order {order:?}: {:?}", undone(lived)));
    }
    let set = |lived: &Lived| undone(lived).into_iter().collect::<BTreeSet<_>>();
    (set(lived) != set(base)).then(|| format!("it was undone so: {:?}", undone(lived)))
}

/// For each compensated step, in the order of compensation, the sequence number of its end.
fn order_of_undoing(records: &[Record]) -> Vec<u64> {
    let over = |of: &str| {
        records.iter().rev().find(|record| {
            record.event.step() == Some(of)
                && matches!(
                    record.event,
                    Event::StepSucceeded { .. } | Event::StepFailed { .. } | Event::DoubtResolved { .. }
                )
        })
    };
    let begun = records.iter().filter_map(|record| match &record.event {
        Event::AttemptStarted { step, attempt: 1, .. } => step.strip_suffix(":compensate"),
        _ => None,
    });
    begun.map(|of| over(of).map_or(0, |record| record.seq)).collect()
}
