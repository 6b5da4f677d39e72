//! Rate limits and pauses of providers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use naftiko_adapter::{Failure, FailureKind, Response};
use naftiko_journal::{Cause, Event, Status};
use naftiko_plan::{Backoff, Retry};
use proptest::prelude::*;
use serde_json::json;

use super::super::desk::{response, start};
use super::super::draft::{Draft, composition, get, post};
use super::super::fake::FakeAdapter;
use super::Bench;
use crate::{Clock, Limits};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The start of each attempt: its second and its step.
fn begun(bench: &Bench) -> Vec<(i64, String)> {
    let records = bench.records().into_iter();
    let begun = records.filter_map(|record| match &record.event {
        Event::AttemptStarted { step, .. } => {
            Some((record.at.duration_since(start()).as_secs(), step.clone()))
        }
        _ => None,
    });
    begun.collect()
}

fn seconds(bench: &Bench) -> Vec<i64> {
    begun(bench).into_iter().map(|(second, _)| second).collect()
}

fn each(id: &str, count: usize) -> Draft {
    let list: Vec<String> = (0..count).map(|item| item.to_string()).collect();
    get(id).for_each(&format!("[{}]", list.join(", ")), 100)
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_asked_for_as_often_as_it_may_and_others_go_on() {
    let steps = [each("s", 5).limited(2, SECOND * 10), get("other"), get("next").after(&["other"])];
    let mut bench = Bench::new(composition(steps), FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    let begun = begun(&bench);
    let of = |prefix: &str| -> Vec<String> {
        let named = begun.iter().filter(|(_, step)| step.starts_with(prefix));
        named.map(|(second, step)| format!("{second} {step}")).collect()
    };
    assert_eq!(of("s["), ["0 s[0]", "0 s[1]", "10 s[2]", "10 s[3]", "20 s[4]"]);
    assert_eq!(of("other"), ["0 other"]);
    assert_eq!(of("next"), ["0 next"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_in_order_over_all_operations_and_another_is_not_held_up() {
    let names = ["a", "b", "c", "d", "e"];
    let steps = names.map(get).into_iter().chain([get("far").at("far away")]);
    let composition = composition(steps).limited("acme", 2, SECOND * 60);
    let mut bench = Bench::new(composition, FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    let begun: Vec<String> = begun(&bench).iter().map(|(second, step)| format!("{second} {step}")).collect();
    assert_eq!(begun, ["0 a", "0 b", "0 far", "60 c", "60 d", "120 e"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_on_is_told_once_who_waits_for_its_turn_and_how_long() {
    let steps = [each("s", 5).limited(2, SECOND * 10), get("other"), post("next").after(&["other"])];
    let mut bench =
        Bench::new(composition(steps), FakeAdapter::good().takes("other", Duration::from_secs(3)));
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    // Items behind the first of the line are not examined, and ends in between change nothing.
    assert_eq!(bench.held_up, [("s[2]".to_owned(), 10), ("s[4]".to_owned(), 10)]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_of_a_call_that_waits_for_its_turn() {
    let steps = || [post("a"), post("b").after(&["a"])];
    let limited = || composition(steps()).limited("acme", 1, SECOND * 60);
    let mut bench = Bench::new(limited(), FakeAdapter::good());
    assert!(tokio::time::timeout(Duration::from_secs(30), bench.drive()).await.is_err(), "it waits");
    assert_eq!(begun(&bench), [(0, "a".to_owned())]);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded, "nothing is in doubt");
    // Cancelling does not wait for the rate limit.
    let mut bench = Bench::new(limited(), FakeAdapter::good());
    let cancellation = bench.cancellation.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cancellation.cancel();
    });
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    assert_eq!(bench.clock.now().duration_since(start()).as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_from_when_it_is_sent_and_not_from_when_it_was_decided() {
    let mut bench = Bench::new(composition([each("s", 2).limited(1, SECOND * 10)]), FakeAdapter::good());
    bench.journal.takes = Duration::from_secs(3);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    // The first call was sent after two batches were stored, three seconds each.
    let seconds = seconds(&bench);
    assert!(seconds[1] >= seconds[0] + 13, "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn runs_that_share_what_is_known_take_turns() {
    let limits = Limits::default();
    let bench = || {
        let limited = composition([each("s", 6)]).limited("acme", 1, SECOND * 10);
        let mut bench = Bench::new(limited, FakeAdapter::good());
        bench.limits = limits.clone();
        bench
    };
    let (mut one, mut other) = (bench(), bench());
    other.clock = one.clock.clone();
    let (first, second) = tokio::join!(one.drive(), other.drive());
    assert_eq!((first.unwrap(), second.unwrap()), (Status::Succeeded, Status::Succeeded));
    // The first run requests its second turn before the other run requests its first.
    assert_eq!(seconds(&one), [0, 10, 30, 50, 70, 90]);
    assert_eq!(seconds(&other), [20, 40, 60, 80, 100, 110]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_gone_holds_nobody_up() {
    let limits = Limits::default();
    let bench = |steps: usize| {
        let limited = composition([each("s", steps)]).limited("acme", 1, SECOND * 10);
        let mut bench = Bench::new(limited, FakeAdapter::good());
        bench.limits = limits.clone();
        bench
    };
    let (mut gone, mut stays) = (bench(9), bench(2));
    stays.clock = gone.clock.clone();
    assert!(tokio::time::timeout(Duration::from_secs(5), gone.drive()).await.is_err());
    assert_eq!(stays.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(seconds(&stays), [10, 20]);
}

fn busy(status: u16, header: &str, value: &str) -> Response {
    let mut busy = response(status, json!({}));
    busy.headers.insert(header.into(), value.into());
    busy
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_asks_for_a_pause_has_it_from_every_step() {
    for (answer, pause) in
        [(busy(429, "retry-after", "30"), 30), (busy(200, "ratelimit", "\"default\";r=0;t=45"), 45)]
    {
        let adapter = FakeAdapter::new(move |call| match call.step.as_str() {
            "a" if call.attempt == 1 => Ok(answer.clone()),
            _ => Ok(response(200, json!({}))),
        });
        // The second call is running by then; the third is not.
        let steps = [get("a"), get("b"), get("c").after(&["b"]), get("far").at("far away").after(&["b"])];
        let mut bench = Bench::new(composition(steps), adapter.takes("b", Duration::from_secs(2)));
        assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
        let at = |step: &str| begun(&bench).into_iter().rfind(|(_, of)| of == step).unwrap().0;
        assert_eq!((at("b"), at("c"), at("far")), (0, pause, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_left_alone_and_then_tried_with_one_call() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let adapter = FakeAdapter::new(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0..=6 => Err(Failure::new(FailureKind::NotSent, "refused")),
        _ => Ok(response(200, json!({"ok": true}))),
    });
    let retry = Retry { backoff: Backoff::fixed(SECOND), ..Retry::default() };
    let mut bench = Bench::new(composition([each("s", 6).retries(retry)]), adapter);
    bench.limits.jobs = 6;
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded, "nothing fails because of it");
    // Six calls fail at once. Then one trial call fails, and another one succeeds: then all others start.
    assert_eq!(seconds(&bench), [0, 0, 0, 0, 0, 0, 30, 60, 60, 60, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_works_not_everything_is_tried_again() {
    let adapter = FakeAdapter::new(|_| Ok(response(500, json!({}))));
    let steps: Vec<Draft> = (0..20).map(|at| get(&format!("s{at}")).continues()).collect();
    let mut bench = Bench::new(composition(steps), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    let records = bench.records();
    let retries = records.iter().filter(|record| matches!(record.event, Event::StepDelayed { .. })).count();
    let calls = begun(&bench).len();
    assert_eq!((calls, retries), (37, 17));
    let message = records.iter().find_map(|record| match &record.event {
        Event::StepFailed { failure, .. } => {
            assert_eq!(failure.cause, Cause::Status);
            Some(failure.message.clone())
        }
        _ => None,
    });
    insta::assert_snapshot!(message.unwrap(), @"`GET /s12` responded 500 Internal Server Error; not retried: \
                                                the run has used its budget of 12 retries");
}

#[tokio::test(start_paused = true)]
async fn an_author_who_allows_a_step_more_attempts_has_them() {
    let retry = Retry { attempts: 40, backoff: Backoff::fixed(SECOND), ..Retry::default() };
    let adapter = FakeAdapter::new(|_| Ok(response(429, json!({}))));
    let mut bench = Bench::new(composition([get("s").retries(retry)]), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Failed);
    assert_eq!(begun(&bench).len(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_poll_of_a_provider_that_fails_every_other_time_goes_on_to_its_end() {
    let calls = AtomicU32::new(0);
    let adapter = FakeAdapter::new(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        call if call.is_multiple_of(2) => Ok(response(500, json!({}))),
        call => Ok(response(200, json!({"ok": call > 100}))),
    });
    let poll = get("poll").until("response.body.ok", SignedDuration::from_hours(24));
    let mut bench = Bench::new(composition([poll]), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(bench.adapter.calls().len(), 102);
}

/// Whether every interval of length `per` contains at most `requests` of these times.
fn holds(times: &[i64], requests: u32, per: i64) -> bool {
    let most = usize::try_from(requests).unwrap();
    times.windows(most + 1).all(|stretch| stretch[most] - stretch[0] >= per)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_limited_is_held_in_order_and_comes_to_its_end(
        of_acme in (1..5_u32, 1..40_i64),
        steps in prop::collection::vec((any::<bool>(), prop::option::of((1..4_u32, 1..40_i64)), 1..6_usize), 1..6),
        jobs in 1..9_usize,
        takes in 1..5_000_u64,
    ) {
        type Shape = (bool, Option<(u32, i64)>, usize);
        let draft = |(at, (is_far, limit, items)): (usize, &Shape)| {
            let step = each(&format!("s{at}"), *items);
            let step = if *is_far { step.at("far away") } else { step };
            limit.map_or(step.clone(), |(requests, per)| step.limited(requests, SECOND * i32::try_from(per).unwrap()))
        };
        let drafts: Vec<Draft> = steps.iter().enumerate().map(draft).collect();
        let limited = composition(drafts).limited("acme", of_acme.0, SECOND * i32::try_from(of_acme.1).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let records = runtime.block_on(async {
            let mut bench = Bench::new(limited, FakeAdapter::good().each_takes(Duration::from_millis(takes)));
            bench.limits.jobs = jobs;
            assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
            bench.records()
        });
        let begun = |is: &dyn Fn(&str) -> bool| -> (Vec<i64>, Vec<String>) {
            let of = records.iter().filter_map(|record| match &record.event {
                Event::AttemptStarted { step, .. } if is(step) => {
                    Some((i64::try_from(record.at.duration_since(start()).as_millis()).unwrap(), step.clone()))
                }
                _ => None,
            });
            of.unzip()
        };
        let number = |step: &str| step.strip_prefix('s').unwrap().split('[').next().unwrap().parse::<usize>().unwrap();
        let (near, _) = begun(&|step| !steps[number(step)].0);
        prop_assert!(holds(&near, of_acme.0, of_acme.1 * 1000), "{near:?}");
        for (at, (_, limit, items)) in steps.iter().enumerate() {
            let (times, names) = begun(&|step| number(step) == at);
            prop_assert_eq!(names, (0..*items).map(|item| format!("s{at}[{item}]")).collect::<Vec<_>>());
            if let Some((requests, per)) = limit {
                prop_assert!(holds(&times, *requests, per * 1000), "{times:?}");
            }
        }
        // Calls that only the provider limits start in order of arrival.
        for far in [false, true] {
            let (_, names) = begun(&|step| steps[number(step)].0 == far && steps[number(step)].1.is_none());
            prop_assert!(names.is_sorted_by_key(|step| number(step)), "{names:?}");
        }
    }
}
