//! The driver with its journal and its operator: batches, limits, patience and interventions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use naftiko_journal::Status;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::Bench;
use crate::tests::desk::{response, standing as standing_in_short, start};
use crate::tests::draft::{composition, external, get, in_a_row, post};
use crate::tests::fake::{FakeAdapter, FakeChannel};
use crate::{Clock, Delivery, Intervention, Limits, Refused, TokioClock};

/// The reply to an intervention; `None` if there is none.
async fn deliver(
    sender: &mpsc::UnboundedSender<Delivery>,
    intervention: Intervention,
) -> Option<Result<(), Refused>> {
    let (reply, told) = oneshot::channel();
    sender.send(Delivery { intervention, reply }).ok()?;
    told.await.ok()
}

#[tokio::test(start_paused = true)]
async fn an_outcome_and_what_follows_from_it_are_kept_in_one_go_before_anything_is_sent() {
    let steps = in_a_row([post("a"), get("b").when("1 == 2"), external("ask"), post("c")]);
    let mut bench = Bench::new(steps, FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.appends(), @"
    runStarted, attemptStarted a | running from 0s
    stepSucceeded a, stepSkipped b, stepAsked ask | waiting
    stepSucceeded ask, attemptStarted c | running from 0.001s
    stepSucceeded c, runFinished | succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_asked_or_shown_before_its_append_came_back() {
    // A call that ends while a batch is being stored is part of the next batch, and nothing overtakes it.
    let steps = [post("a"), post("b"), external("ask"), post("c").after(&["a", "b"])];
    let mut bench = Bench::new(composition(steps), FakeAdapter::good().takes("b", Duration::from_secs(3)));
    bench.journal.takes = Duration::from_secs(10);
    let began = Arc::clone(&bench.adapter);
    let clock = bench.clock.clone();
    let seconds = |clock: &TokioClock| clock.now().duration_since(start()).as_secs();
    let watch = tokio::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let calls = began.calls();
            for call in calls.iter().skip(seen.len()) {
                seen.push(format!("{} {call}", seconds(&clock)));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        seen
    });
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(watch.await.unwrap(), ["10 a", "10 b", "30 c"]);
    insta::assert_snapshot!(bench.appends(), @"
    runStarted, stepAsked ask, attemptStarted a, attemptStarted b | running from 0s
    stepSucceeded ask | running from 10s
    stepSucceeded a, stepSucceeded b, attemptStarted c | running from 20s
    stepSucceeded c, runFinished | succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_has_no_room_holds_up_no_other() {
    let names: Vec<String> = (0..6).map(|at| format!("slow{at}")).collect();
    let slow = names.iter().map(|name| get(name).at("slow"));
    let steps = slow.chain([get("x"), get("y"), get("z")]);
    let adapter = FakeAdapter::good().each_takes(Duration::from_secs(1));
    let mut bench = Bench::new(composition(steps), adapter);
    bench.limits = Limits { jobs: 4, by_provider: [("slow".to_owned(), 2)].into(), ..Limits::default() };
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!((bench.adapter.most_under_way(), bench.adapter.most_under_way_to("slow")), (4, 2));
    assert_eq!(bench.adapter.calls(), ["slow0", "slow1", "x", "y", "slow2", "slow3", "z", "slow4", "slow5"]);

    bench = Bench::new(composition(names.iter().map(|name| get(name).at("slow"))), FakeAdapter::good());
    bench.limits.by_provider.insert("slow".into(), 0);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(bench.adapter.most_under_way(), 1, "0 counts as 1");
}

#[tokio::test(start_paused = true)]
async fn a_driver_stays_no_longer_than_its_patience() {
    let poll = get("poll").until("response.body.done", SignedDuration::from_hours(1));
    let mut bench = Bench::new(composition([poll]), FakeAdapter::good().each_takes(Duration::ZERO));
    bench.patience = Some(SignedDuration::from_secs(15));
    let standing = bench.drive_with(None).await.unwrap();
    // Polls after 0, 5 and 15 seconds; the next is 20 seconds away.
    assert_eq!(standing_in_short(standing), "waiting from 35s");
    assert_eq!(bench.adapter.calls().len(), 3);
    assert_eq!(bench.clock.now(), start() + SignedDuration::from_secs(15));
    tokio::time::sleep(Duration::from_secs(20)).await;
    let standing = bench.drive_with(None).await.unwrap();
    assert_eq!(standing_in_short(standing), "waiting from 75s");
    bench.patience = Some(SignedDuration::ZERO);
    let standing = bench.drive_with(None).await.unwrap();
    assert_eq!(standing_in_short(standing), "waiting from 75s");
    assert_eq!(bench.adapter.calls().len(), 4, "nothing was due");
}

#[tokio::test(start_paused = true)]
async fn whoever_intervenes_is_told_once_it_is_kept() {
    let steps = in_a_row([external("first"), external("second"), post("a")]);
    let mut bench = Bench::new(steps, FakeAdapter::good());
    bench.channel = Arc::new(FakeChannel { takes: Duration::from_hours(9), ..FakeChannel::given() });
    bench.journal.takes = Duration::from_secs(10);
    let (sender, receiver) = mpsc::unbounded_channel();
    let clock = bench.clock.clone();
    let somebody = tokio::spawn(async move {
        let complete =
            |step: &str, result: Value| Intervention::Complete { step: step.into(), result, through: None };
        let mut told = Vec::new();
        tokio::time::sleep(Duration::from_mins(1)).await;
        for intervention in [
            complete("first", json!(1)),
            complete("first", json!(1)),
            complete("first", json!(2)),
            complete("a", json!(1)),
            complete("nobody", json!(1)),
            complete("second", json!(2)),
        ] {
            let outcome = deliver(&sender, intervention).await.unwrap();
            let second = clock.now().duration_since(start()).as_secs();
            told.push(format!(
                "{second} {}",
                outcome.map_or_else(|refused| refused.to_string(), |()| "ok".into())
            ));
        }
        told
    });
    assert_eq!(bench.drive_with(Some(receiver)).await.unwrap().status, Status::Succeeded);
    insta::assert_snapshot!(somebody.await.unwrap().join("\n"), @"
    70 ok
    70 ok
    70 step `first` already has a different answer
    70 step `a` is not an external step
    70 the run has no step `nobody`, or has not reached it
    80 ok
    ");
    assert!(bench.clock.now() < start() + SignedDuration::from_hours(1), "nobody waits for the questions");
    assert_eq!(bench.adapter.calls(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_before_a_run_rests_is_heard_and_who_comes_after_is_told_nothing() {
    let mut bench = Bench::new(composition([external("ask")]), FakeAdapter::good());
    bench.channel = Arc::new(FakeChannel::silent());
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    let (sender, receiver) = mpsc::unbounded_channel();
    let (reply, told) = oneshot::channel();
    let intervention = Intervention::Complete { step: "ask".into(), result: json!("yes"), through: None };
    sender.send(Delivery { intervention, reply }).unwrap();
    assert_eq!(bench.drive_with(Some(receiver)).await.unwrap().status, Status::Succeeded);
    assert_eq!(told.await.unwrap(), Ok(()));
    let late = Intervention::Cancel { compensate: false };
    assert!(sender.send(Delivery { intervention: late, reply: oneshot::channel().0 }).is_err());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_that_something_is_done_which_could_not_be_kept() {
    let mut bench = Bench::new(composition([external("ask")]), FakeAdapter::good());
    bench.channel = Arc::new(FakeChannel { takes: Duration::from_hours(9), ..FakeChannel::given() });
    bench.journal.room = Some(1);
    let (sender, receiver) = mpsc::unbounded_channel();
    let (reply, told) = oneshot::channel();
    sender.send(Delivery { intervention: Intervention::Cancel { compensate: false }, reply }).unwrap();
    bench.drive_with(Some(receiver)).await.unwrap_err();
    assert!(told.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_from_outside_lets_calls_end_and_undoes_what_was_done() {
    let steps = [
        post("a").undone_by(post("undo-a")),
        post("slow").after(&["a"]).undone_by(post("undo-slow")),
        post("never").after(&["slow"]),
    ];
    let mut bench =
        Bench::new(composition(steps), FakeAdapter::good().takes("slow", Duration::from_secs(30)));
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        deliver(&sender, Intervention::Cancel { compensate: true }).await.unwrap().unwrap();
    });
    assert_eq!(bench.drive_with(Some(receiver)).await.unwrap().status, Status::Cancelled);
    insta::assert_snapshot!(bench.told().join("\n"), @"
    0 runStarted
    0 attemptStarted a
    0 stepSucceeded a
    0 attemptStarted slow
    2 runCancelled
    30 stepSucceeded slow
    30 attemptStarted slow:compensate
    30 stepSucceeded slow:compensate
    30 attemptStarted a:compensate
    30 stepSucceeded a:compensate
    30 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_undone_lets_the_run_rest_until_somebody_tries_again() {
    let broken = Arc::new(AtomicU32::new(1));
    let is_broken = Arc::clone(&broken);
    let adapter = FakeAdapter::new(move |call| match call.step.as_str() {
        "bad" => Ok(response(400, json!({}))),
        "a:compensate" if is_broken.load(Ordering::Relaxed) > 0 => Ok(response(409, json!({}))),
        _ => Ok(response(200, json!({}))),
    });
    let mut bench = Bench::new(in_a_row([post("a").undone_by(post("undo")), post("bad")]), adapter);
    let standing = bench.drive_with(None).await.unwrap();
    assert_eq!(standing_in_short(standing), "compensating");
    assert_eq!(bench.drive().await.unwrap(), Status::Compensating, "and nothing is tried by itself");
    assert_eq!(bench.adapter.calls().len(), 3);
    broken.store(0, Ordering::Relaxed);
    bench.try_again().await;
    assert_eq!(bench.drive().await.unwrap(), Status::Compensated);
    insta::assert_snapshot!(bench.told().join("\n"), @"
    0 runStarted
    0 attemptStarted a
    0 stepSucceeded a
    0 attemptStarted bad
    0 stepFailed bad
    0 attemptStarted a:compensate
    0 stepFailed a:compensate
    0 stepDelayed a:compensate
    0 attemptStarted a:compensate
    0 stepSucceeded a:compensate
    0 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_in_time_is_withdrawn_and_the_next_is_put() {
    let steps = [
        external("first").timeout(SignedDuration::from_mins(5)).continues(),
        external("second").after(&["first"]),
    ];
    let mut bench = Bench::new(composition(steps), FakeAdapter::good());
    let channel = FakeChannel { takes: Duration::from_hours(1), ..FakeChannel::given() };
    bench.channel = Arc::new(channel.one_at_a_time());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.told().join("\n"), @"
    0 runStarted
    0 stepAsked first
    300 stepFailed first
    300 stepAsked second
    3900 stepSucceeded second
    3900 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_says_what_is_due_though_it_was_handed_out() {
    let poll = |id: &str| get(id).until("response.body.done", SignedDuration::from_hours(1));
    let adapter =
        FakeAdapter::good().each_takes(Duration::from_secs(2)).takes("long", Duration::from_secs(30));
    let mut bench = Bench::new(composition([poll("a"), poll("b"), get("long")]), adapter);
    bench.limits.jobs = 1;
    let cancellation = bench.cancellation.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        cancellation.cancel();
    });
    // The polls are due from 7 and 9 s on, and there is no room for them before the run is stopped.
    let standing = bench.drive_with(None).await.unwrap();
    assert_eq!(standing_in_short(standing), "waiting from 7s");
    assert_eq!(bench.journal.appends().last().unwrap().standing, standing);
    assert_eq!(bench.adapter.calls(), ["a", "b", "long"]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_steps_are_one_append_each() {
    const STEPS: usize = 10_000;
    let names: Vec<String> = (0..STEPS).map(|at| format!("s{at}")).collect();
    let row = in_a_row(names.iter().map(|name| get(name)));
    let mut bench = Bench::new(row, FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!((bench.adapter.calls().len(), bench.journal.appends().len()), (STEPS, STEPS + 1));

    // Calls that end together are stored together; a provider without room is never called in vain.
    let wide = composition(names.iter().map(|name| get(name)));
    let mut bench = Bench::new(wide, FakeAdapter::good());
    bench.limits = Limits { jobs: 100, by_provider: [("acme".to_owned(), 50)].into(), ..Limits::default() };
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!((bench.adapter.calls().len(), bench.adapter.most_under_way()), (STEPS, 50));
    assert_eq!(bench.journal.appends().len(), STEPS / 50 + 1);
}
