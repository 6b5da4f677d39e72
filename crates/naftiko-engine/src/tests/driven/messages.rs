//! Messages in the driver: intents are stored first, the limits of calls apply, and messages are never aborted.

use std::sync::Arc;
use std::time::Duration;

use naftiko_adapter::{Failure, FailureKind};
use naftiko_journal::Status;
use naftiko_plan::Channel;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::Bench;
use crate::tests::draft::{Draft, composition, external, get};
use crate::tests::fake::{FakeAdapter, FakeChannel};
use crate::{Delivery, Intervention, Limits};

fn told(id: &str) -> Draft {
    external(id).tells(Channel::Webhook, "url", "https://hooks.example/in")
}

fn bench(steps: impl IntoIterator<Item = Draft>, channel: FakeChannel) -> Bench {
    let mut bench = Bench::new(composition(steps), FakeAdapter::good());
    bench.channel = Arc::new(channel);
    bench
}

fn slow(seconds: u64) -> FakeChannel {
    FakeChannel { takes: Duration::from_secs(seconds), ..FakeChannel::silent() }
}

#[tokio::test(start_paused = true)]
async fn an_intent_is_kept_before_its_message_and_the_run_waits_once_it_is_handed_over() {
    let mut bench = bench([told("tell")], slow(3));
    bench.journal.takes = Duration::from_secs(10);
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    assert_eq!(bench.told(), ["0 runStarted", "0 messageStarted tell", "13 stepAsked tell"]);
    // A resumed run sends nothing.
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    assert_eq!(bench.told().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_and_calls_are_under_way_than_there_are_jobs() {
    let mut bench = bench([told("a"), told("b"), told("c"), get("d")], slow(2));
    bench.limits = Limits { jobs: 2, ..Limits::default() };
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    let begun: Vec<String> =
        bench.told().into_iter().filter(|line| line.contains("Started") && !line.contains("run")).collect();
    assert_eq!(
        begun,
        ["0 messageStarted a", "0 messageStarted b", "2 messageStarted c", "2 attemptStarted d"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_is_handed_over_again_when_it_is_due() {
    let failure = Err(Failure::new(FailureKind::NotSent, "busy"));
    let mut bench = bench([told("tell")], FakeChannel { answer: failure, ..FakeChannel::silent() });
    assert_eq!(bench.drive().await.unwrap(), Status::Failed);
    let attempts = bench.told().iter().filter(|line| line.contains("messageStarted")).count();
    assert_eq!(attempts, 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_faster_than_its_message_goes_on_and_the_message_still_ends() {
    let mut bench = bench([told("tell"), get("next").after(&["tell"])], slow(5));
    let (sender, deliveries) = mpsc::unbounded_channel();
    let somebody = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (reply, told) = oneshot::channel();
        let complete = Intervention::Complete { step: "tell".into(), result: json!(1), through: None };
        sender.send(Delivery { intervention: complete, reply }).unwrap();
        told.await.unwrap()
    });
    assert_eq!(bench.drive_with(Some(deliveries)).await.unwrap().status, Status::Succeeded);
    assert_eq!(somebody.await.unwrap(), Ok(()));
    assert_eq!(
        bench.told(),
        [
            "0 runStarted",
            "0 messageStarted tell",
            "1 stepSucceeded tell",
            "1 attemptStarted next",
            "1 stepSucceeded next",
            "1 runFinished"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_lets_its_message_end() {
    let mut bench = bench([told("tell"), told("more").after(&["tell"])], slow(5));
    let cancellation = bench.cancellation.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cancellation.cancel();
    });
    assert_eq!(bench.drive().await.unwrap(), Status::Waiting);
    assert_eq!(bench.told(), ["0 runStarted", "0 messageStarted tell", "5 stepAsked tell"]);
}
