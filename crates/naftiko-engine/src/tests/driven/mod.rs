//! The driver, on a simulated clock.

mod kept;
mod messages;
mod traffic;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{Failure, FailureKind, Hold, Response};
use naftiko_journal::{Entry, Event, Journal, Options, Record, Standing, Status};
use naftiko_plan::Plan;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::desk::{object, response, standing as standing_in_short, start};
use super::draft::{Composition, composition, external, get, keyed, post};
use super::fake::{Append, FakeAdapter, FakeChannel, FakeJournal};
use crate::{Cancellation, Clock, Delivery, DriveError, Driver, Limits, Observer, Run, TokioClock};

/// The collaborators for driving runs in these tests.
struct Bench {
    plan: Arc<Plan>,
    adapter: Arc<FakeAdapter>,
    channel: Arc<FakeChannel>,
    clock: TokioClock,
    cancellation: Cancellation,
    limits: Limits,
    patience: Option<SignedDuration>,
    journal: FakeJournal,
    /// The delayed steps, with the delay in seconds.
    held_up: Vec<(String, i64)>,
}

/// Records what it observes.
struct Witness<'a> {
    records: Vec<Record>,
    held_up: &'a mut Vec<(String, i64)>,
}

impl Observer for Witness<'_> {
    fn recorded(&mut self, record: &Record) {
        self.records.push(record.clone());
    }

    fn held_up(&mut self, step: &str, wait: SignedDuration) {
        self.held_up.push((step.to_owned(), wait.as_secs()));
    }
}

impl Bench {
    fn new(composition: Composition, adapter: FakeAdapter) -> Self {
        Self {
            plan: composition.plan(),
            adapter: Arc::new(adapter),
            channel: Arc::new(FakeChannel::given()),
            clock: TokioClock::beginning_at(start()),
            cancellation: Cancellation::new(),
            limits: Limits::default(),
            patience: None,
            journal: FakeJournal::default(),
            held_up: Vec::new(),
        }
    }

    /// Drives the run from its records on.
    async fn drive(&mut self) -> Result<Status, DriveError> {
        self.drive_with(None).await.map(|standing| standing.status)
    }

    /// Like `drive`, with interventions.
    async fn drive_with(
        &mut self,
        deliveries: Option<mpsc::UnboundedReceiver<Delivery>>,
    ) -> Result<Standing, DriveError> {
        let records = self.records();
        let mut run = Run::replay(Arc::clone(&self.plan), object(json!({})), &records).unwrap();
        let mut witness = Witness { records, held_up: &mut self.held_up };
        let standing = Driver {
            adapter: Arc::clone(&self.adapter) as _,
            channel: Arc::clone(&self.channel) as _,
            secrets: naftiko_adapter::Secrets::default(),
            journal: &self.journal,
            clock: &self.clock,
            limits: self.limits.clone(),
            patience: self.patience,
            deliveries,
            observe: &mut witness,
            wire: None,
            cancellation: self.cancellation.clone(),
        }
        .drive(&mut run, "run-1", Options::default())
        .await;
        let observed = witness.records;
        assert_eq!(observed, self.journal.records(), "what is observed is what is kept");
        standing
    }

    /// Retries the failed compensations.
    async fn try_again(&self) {
        let mut run = Run::replay(Arc::clone(&self.plan), object(json!({})), &self.records()).unwrap();
        for event in run.retries(self.clock.now()) {
            let seq = run.ledger().seq() + 1;
            let record = Record { run: "run-1".into(), seq, at: self.clock.now(), event: event.clone() };
            run.apply(&record).unwrap();
            let entries = vec![Entry { record, shown: event }];
            self.journal.append("run-1", entries, run.standing()).await.unwrap();
        }
    }

    /// Every append: its events, and the state of the run after them.
    fn appends(&self) -> String {
        let in_short =
            |append: Append| format!("{} | {}", append.events.join(", "), standing_in_short(append.standing));
        self.journal.appends().into_iter().map(in_short).collect::<Vec<_>>().join("\n")
    }

    fn records(&self) -> Vec<Record> {
        self.journal.records()
    }

    /// Every record, as its second, its event and its step.
    fn told(&self) -> Vec<String> {
        let in_short = |record: &Record| {
            let second = record.at.duration_since(start()).as_secs();
            format!("{second} {} {}", record.event.name(), record.event.step().unwrap_or_default())
                .trim_end()
                .into()
        };
        self.records().iter().map(in_short).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_of_three_days_takes_no_time() {
    let linked: Timestamp = start() + SignedDuration::from_hours(72);
    let clock = TokioClock::beginning_at(start());
    let adapter = FakeAdapter::new(move |_| Ok(response(200, json!({"ok": clock.now() >= linked}))));
    let poll = get("poll").until("response.body.ok", SignedDuration::from_hours(14 * 24));
    let mut bench = Bench::new(composition([poll, post("next").after(&["poll"])]), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert!(bench.clock.now() >= linked);
    assert!(bench.clock.now() < linked + SignedDuration::from_secs(61));
    // Polls after 0, 5, 15, 35 and 75 seconds, then every minute, then `next`.
    assert_eq!(bench.adapter.calls().len(), 5 + (72 * 3600 - 75_usize).div_ceil(60) + 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_branch_does_not_hold_up_another() {
    let steps = [get("slow"), get("a"), get("b").after(&["a"]), get("c").after(&["b"])];
    let adapter =
        FakeAdapter::good().takes("slow", Duration::from_secs(100)).takes("a", Duration::from_secs(1));
    let mut bench = Bench::new(composition(steps), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted slow
    0 attemptStarted a
    1 stepSucceeded a
    1 attemptStarted b
    1 stepSucceeded b
    1 attemptStarted c
    1 stepSucceeded c
    100 stepSucceeded slow
    100 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_under_way_than_there_are_jobs() {
    for (jobs, expected) in [(0, 1), (1, 1), (3, 3), (50, 20)] {
        let names: Vec<String> = (0..20).map(|at| format!("s{at}")).collect();
        let adapter = FakeAdapter::good();
        let mut bench = Bench::new(composition(names.iter().map(|name| get(name))), adapter);
        bench.limits.jobs = jobs;
        assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
        assert_eq!((bench.adapter.most_under_way(), bench.adapter.calls()), (expected, names));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_is_not_sent() {
    let steps = || composition([post("a"), post("b").after(&["a"]), post("c").after(&["b"])]);
    // The first batch is the start with the first intent, then each outcome with its consequences.
    for room in 0..4 {
        let mut bench = Bench::new(steps(), FakeAdapter::good());
        bench.journal.room = Some(room);
        let error = bench.drive().await.unwrap_err();
        assert_eq!(error.to_string(), "the journal could not be written: the disk is full");
        assert_eq!(bench.adapter.calls().len(), room, "room for {room}");
        let intents = bench.records().iter().filter(|record| record.event.name() == "attemptStarted").count();
        assert_eq!(intents, room);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(bench.adapter.calls().len(), room, "nothing goes on behind");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_begin_while_its_intent_is_being_recorded() {
    let mut bench = Bench::new(composition([post("a")]), FakeAdapter::good());
    bench.journal.takes = Duration::from_secs(5);
    assert!(tokio::time::timeout(Duration::from_secs(4), bench.drive()).await.is_err());
    assert!(bench.adapter.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_fails_its_step_and_nothing_else() {
    let adapter = FakeAdapter::new(|call| {
        assert!(call.step != "bad", "index out of range");
        Ok(response(200, json!({})))
    });
    let adapter = adapter.takes("slow", Duration::from_secs(9));
    let steps = [get("bad"), get("slow"), get("never").after(&["slow"])];
    let mut bench = Bench::new(composition(steps), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Failed);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted bad
    0 attemptStarted slow
    0 stepFailed bad
    9 stepSucceeded slow
    9 runFinished
    ");
    let failure = serde_json::to_string(&bench.records()[3].event).unwrap();
    insta::assert_snapshot!(failure, @r#"{"event":"stepFailed","step":"bad","attempt":1,"failure":{"cause":"panicked","message":"the adapter panicked in `GET /bad`: index out of range"}}"#);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let tries = AtomicU32::new(0);
    let adapter = FakeAdapter::new(move |_| {
        let mut busy = response(429, json!({}));
        let header = match tries.fetch_add(1, Ordering::Relaxed) {
            0 => "30",
            1 => "Thu, 15 Jan 2026 12:05:00 GMT",
            _ => return Ok(response(200, json!({}))),
        };
        busy.headers.insert("retry-after".into(), header.into());
        Ok(busy)
    });
    let mut bench = Bench::new(composition([keyed("s")]), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted s
    0 stepDelayed s
    30 attemptStarted s
    30 stepDelayed s
    300 attemptStarted s
    300 stepSucceeded s
    300 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_is_not_there_sends_nothing() {
    let steps = [post("a"), post("b").after(&["a"]).body("id", "${a.id}")];
    let mut bench = Bench::new(composition(steps), FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Failed);
    assert_eq!(bench.adapter.calls(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn while_somebody_thinks_other_branches_go_on() {
    let steps = [external("ask"), get("a"), get("b").after(&["a"]), get("c").after(&["ask"])];
    let mut bench = Bench::new(composition(steps), FakeAdapter::good().takes("a", Duration::from_secs(1)));
    bench.channel = Arc::new(FakeChannel { takes: Duration::from_mins(10), ..FakeChannel::given() });
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.told().join("\n"), @"
    0 runStarted
    0 stepAsked ask
    0 attemptStarted a
    1 stepSucceeded a
    1 attemptStarted b
    1 stepSucceeded b
    600 stepSucceeded ask
    600 attemptStarted c
    600 stepSucceeded c
    600 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_is_put_again_when_the_run_is_resumed() {
    let poll = get("poll").until("response.body.ok", SignedDuration::from_hours(1));
    let steps = [external("ask"), poll, get("c").after(&["ask"])];
    let rounds = AtomicU32::new(0);
    let adapter = FakeAdapter::new(move |_| {
        Ok(response(200, json!({"ok": rounds.fetch_add(1, Ordering::Relaxed) > 2})))
    });
    let mut bench = Bench::new(composition(steps), adapter);
    bench.channel = Arc::new(FakeChannel::silent());
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    assert_eq!(bench.adapter.calls(), ["poll"; 4], "the poll went on to its end");
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    bench.channel = Arc::new(FakeChannel::given());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    insta::assert_snapshot!(bench.told().join("\n"), @"
    0 runStarted
    0 stepAsked ask
    0 attemptStarted poll
    0 stepDelayed poll
    5 attemptStarted poll
    5 stepDelayed poll
    15 attemptStarted poll
    15 stepDelayed poll
    35 attemptStarted poll
    35 stepSucceeded poll
    35 stepSucceeded ask
    35 attemptStarted c
    35 stepSucceeded c
    35 runFinished
    ");
}

#[tokio::test(start_paused = true)]
async fn doubt_lets_what_is_under_way_end_and_begins_nothing() {
    let steps = [post("doubt"), get("slow"), get("never").after(&["slow"])];
    let adapter = FakeAdapter::new(|call| match call.step.as_str() {
        "doubt" => Err(Failure::new(FailureKind::Unknown, "the connection was reset")),
        _ => Ok(response(200, json!({}))),
    });
    let mut bench = Bench::new(composition(steps), adapter.takes("slow", Duration::from_secs(5)));
    assert_eq!(bench.drive().await.unwrap(), Status::InDoubt);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted doubt
    0 attemptStarted slow
    0 stepInDoubt doubt
    5 stepSucceeded slow
    ");
    assert_eq!(bench.drive().await.unwrap(), Status::InDoubt);
    assert_eq!(bench.adapter.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_person_once_the_run_has_failed() {
    let adapter = FakeAdapter::new(|_| Ok(response(403, json!({}))));
    let mut bench = Bench::new(composition([external("ask"), get("bad")]), adapter);
    bench.channel = Arc::new(FakeChannel { takes: Duration::from_hours(1), ..FakeChannel::given() });
    assert_eq!(bench.drive().await.unwrap(), Status::Failed);
    assert!(bench.clock.now() < start() + SignedDuration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_lets_calls_end_and_can_be_resumed() {
    let steps = [
        post("slow"),
        post("next").after(&["slow"]),
        get("poll").until("false", SignedDuration::from_hours(1)),
    ];
    let mut bench =
        Bench::new(composition(steps), FakeAdapter::good().takes("slow", Duration::from_secs(30)));
    let cancellation = bench.cancellation.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cancellation.cancel();
    });
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted slow
    0 attemptStarted poll
    0 stepDelayed poll
    30 stepSucceeded slow
    ");
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting, "it stays cancelled");
    assert_eq!(bench.adapter.calls(), ["slow", "poll"]);
    bench.cancellation = Cancellation::new();
    assert_eq!(bench.drive().await.unwrap(), Status::Failed, "the poll never holds");
    assert_eq!(bench.adapter.calls()[2], "next");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_this_machine_has_no_means_for_is_left_to_be_resumed() {
    let lacking = Arc::new(AtomicBool::new(true));
    let is_lacking = Arc::clone(&lacking);
    let adapter = FakeAdapter::new(move |call| match call.step.as_str() {
        "lacks" if is_lacking.load(Ordering::Relaxed) => {
            Err(Failure::new(FailureKind::LocalShortage, "this machine lacks file descriptors"))
        }
        _ => Ok(response(200, json!({}))),
    });
    let steps = [post("lacks"), get("fine"), post("next").after(&["lacks"])];
    let mut bench = Bench::new(composition(steps), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    insta::assert_snapshot!(bench.told().join("\n"), @r"
    0 runStarted
    0 attemptStarted lacks
    0 attemptStarted fine
    0 stepDelayed lacks
    0 stepSucceeded fine
    1 attemptStarted lacks
    1 stepDelayed lacks
    3 attemptStarted lacks
    3 stepDelayed lacks
    7 attemptStarted lacks
    7 stepDelayed lacks
    15 attemptStarted lacks
    15 stepDelayed lacks
    ");
    lacking.store(false, Ordering::Relaxed);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded, "nothing was lost");
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_holds_is_given_back_once_its_outcome_is_kept() {
    let held = Arc::new(());
    let share = Arc::clone(&held);
    let adapter = FakeAdapter::new(move |_| {
        Ok(Response { hold: Hold::new(Arc::clone(&share)), ..response(200, json!({})) })
    });
    let mut bench = Bench::new(composition([get("s"), get("t").after(&["s"])]), adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(Arc::strong_count(&held), 2, "only the adapter of this test has it");
}

#[tokio::test(start_paused = true)]
async fn a_large_result_is_moved_into_the_list_of_its_step_and_an_output_shares_it() {
    let large: Value = (0..20_000).map(|number| json!({ "number": number })).collect();
    let adapter = FakeAdapter::new(move |_| Ok(response(200, large.clone())));
    let plan = composition([get("s").for_each("['one']", 1)])
        .output("all", "s", false)
        .output("part", "s[0][7]", false);
    let mut bench = Bench::new(plan, adapter);
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    let records = bench.records();
    let result = |of: &str| {
        records.iter().find_map(|record| match &record.event {
            Event::StepSucceeded { step, result, .. } if step == of => Some(result),
            _ => None,
        })
    };
    let outputs = records.iter().find_map(|record| match &record.event {
        Event::RunFinished { outputs, .. } => Some(outputs),
        _ => None,
    });
    let (item, list, outputs) = (result("s[0]").unwrap(), result("s").unwrap(), outputs.unwrap());
    assert_eq!(list[0], **item);
    assert!(Arc::ptr_eq(&outputs["all"], list), "the output is no copy");
    assert_eq!(*outputs["part"], json!({"number": 7}));
}

#[tokio::test(start_paused = true)]
async fn a_run_cut_off_in_a_call_goes_on_without_a_second_effect() {
    for (step, expected) in
        [(get("s"), Status::Succeeded), (keyed("s"), Status::Succeeded), (post("s"), Status::InDoubt)]
    {
        let mut bench =
            Bench::new(composition([step]), FakeAdapter::good().takes("s", Duration::from_mins(1)));
        let cut_off = tokio::time::timeout(Duration::from_secs(1), bench.drive()).await;
        assert!(cut_off.is_err());
        assert_eq!(bench.drive().await.unwrap(), expected);
        assert_eq!(bench.adapter.calls().len(), if expected == Status::Succeeded { 2 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_run_is_left_alone() {
    let mut bench = Bench::new(composition([get("s")]), FakeAdapter::good());
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    let records = bench.records();
    assert_eq!(bench.drive().await.unwrap(), Status::Succeeded);
    assert_eq!(bench.records(), records);
}
