//! Tests that the conformance kit detects every adapter that breaks a law, and names the law.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::conformance::{Law, Scene, Stage, Subject, Verdict, examine};
use crate::{
    Adapter, Arguments, Call, Failure, FailureKind, Method, Operation, Parameter, Place, Response,
    async_trait,
};
use indexmap::IndexMap;
use serde_json::{Value, json};

const SECRET: &str = "s3cret-token";

/// A defect of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    FailsWithoutReason,
    TriesAgain,
    SendsWithoutWhatIsRequired,
    SendsWhatBelongsNowhere,
    CallsAStatusAFailure,
    SaysSentWhereNobodyWas,
    SaysNotSentAfterSilence,
    SaysNotSentAfterABreak,
    NeverEnds,
    SaysUnknownOfGarbage,
    Trims,
    TakesOneAtATime,
    IsSpoiltByACallerThatLeaves,
    QuotesItsToken,
}

/// An adapter over a simulated connection: correct, or with one defect.
struct Wire {
    scene: Scene,
    lie: Option<Lie>,
    taken: AtomicUsize,
    under_way: AtomicUsize,
    /// The number of callers that dropped their call before its response.
    left: AtomicUsize,
}

impl Wire {
    fn lies(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }

    fn refuses(&self, call: &Call) -> bool {
        let has_key = call.arguments.parameter(Place::Path, "key").is_some();
        let is_known = call.arguments.parameters.len() <= 1 && call.arguments.body.is_none();
        (!has_key && !self.lies(Lie::SendsWithoutWhatIsRequired))
            || (has_key && !is_known && !self.lies(Lie::SendsWhatBelongsNowhere))
    }
}

fn fails<T>(kind: FailureKind, message: &str) -> Result<T, Failure> {
    Err(Failure::new(kind, message))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside `fails`")]
fn answers(status: u16, body: Value) -> Result<Response, Failure> {
    Ok(Response::new(status, IndexMap::new(), body))
}

#[async_trait]
impl Adapter for Wire {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        if self.refuses(call) {
            return fails(FailureKind::Refused, "the call makes no sense");
        }
        if self.scene == Scene::IsAbsent {
            let sent = self.lies(Lie::SaysSentWhereNobodyWas);
            return fails(if sent { FailureKind::Unknown } else { FailureKind::NotSent }, "nobody is there");
        }
        self.taken.fetch_add(1 + usize::from(self.lies(Lie::TriesAgain)), Ordering::SeqCst);
        if self.left.load(Ordering::SeqCst) > 0 && self.lies(Lie::IsSpoiltByACallerThatLeaves) {
            return fails(FailureKind::NotSent, "somebody left");
        }
        let guest = Guest { wire: self, is_done: false };
        if self.under_way.fetch_add(1, Ordering::SeqCst) > 0 && self.lies(Lie::TakesOneAtATime) {
            return fails(FailureKind::Unknown, "another call is under way");
        }
        tokio::task::yield_now().await;
        let outcome = self.plays(call).await;
        guest.leaves_content();
        outcome
    }
}

/// A guard for one call in progress; it notices if the caller drops the call.
struct Guest<'a> {
    wire: &'a Wire,
    is_done: bool,
}

impl Guest<'_> {
    fn leaves_content(mut self) {
        self.is_done = true;
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.wire.under_way.fetch_sub(1, Ordering::SeqCst);
        self.wire.left.fetch_add(usize::from(!self.is_done), Ordering::SeqCst);
    }
}

impl Wire {
    async fn plays(&self, call: &Call) -> Result<Response, Failure> {
        match &self.scene {
            Scene::Answers if self.lies(Lie::FailsWithoutReason) => fails(FailureKind::Unknown, "who knows"),
            Scene::Answers => answers(200, json!({})),
            Scene::Declines if self.lies(Lie::CallsAStatusAFailure) => fails(FailureKind::Unknown, "404"),
            Scene::Declines => answers(404, Value::Null),
            Scene::Fails => answers(500, Value::Null),
            Scene::IsSilent => {
                let patience = call.timeout.unwrap_or(Duration::from_hours(1));
                let patience = if self.lies(Lie::NeverEnds) { Duration::MAX } else { patience };
                tokio::time::sleep(patience).await;
                let sent = !self.lies(Lie::SaysNotSentAfterSilence);
                fails(if sent { FailureKind::Unknown } else { FailureKind::NotSent }, "no answer")
            }
            Scene::BreaksOff => {
                let sent = !self.lies(Lie::SaysNotSentAfterABreak);
                fails(if sent { FailureKind::Unknown } else { FailureKind::NotSent }, "the connection broke")
            }
            Scene::Babbles => {
                let known = !self.lies(Lie::SaysUnknownOfGarbage);
                fails(if known { FailureKind::Unreadable } else { FailureKind::Unknown }, "not JSON")
            }
            Scene::Echoes(text) if self.lies(Lie::Trims) => answers(200, json!([text.trim()])),
            Scene::Echoes(text) => answers(200, json!([text])),
            Scene::Betrays if self.lies(Lie::QuotesItsToken) => {
                answers(401, json!({"error": format!("bad token {SECRET}")}))
            }
            _ => answers(401, json!({"error": "bad token ***"})),
        }
    }
}

struct Examined(Option<Lie>);

#[async_trait]
impl Subject for Examined {
    async fn stage(&self, scene: &Scene) -> Option<Stage> {
        let [taken, under_way, left] = [(); 3].map(|()| AtomicUsize::new(0));
        let wire = Arc::new(Wire { scene: scene.clone(), lie: self.0, taken, under_way, left });
        let counted = Arc::clone(&wire);
        let taken = Arc::new(move || counted.taken.load(Ordering::SeqCst));
        Some(Stage { adapter: wire, call: call(), taken, secrets: vec![SECRET.to_owned()] })
    }
}

fn call() -> Call {
    let operation = Operation {
        parameters: vec![Parameter::new("key", Place::Path, json!({"type": "string"}))],
        ..Operation::new("acme", "getThing", Method::Get, "/things/{key}")
    };
    let parameters = IndexMap::from([((Place::Path, "key".to_owned()), json!("k"))]);
    Call {
        step: "get".to_owned(),
        attempt: 1,
        operation: Arc::new(operation),
        arguments: Arguments { parameters, body: None },
        timeout: None,
        idempotency_key: None,
    }
}

async fn broken(lie: Option<Lie>) -> Vec<Law> {
    let report = examine(&Examined(lie)).await;
    let verdicts = report.verdicts().iter();
    let broken: Vec<Law> =
        verdicts.filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_))).map(|(law, _)| *law).collect();
    assert_eq!(report.is_conforming(), broken.is_empty(), "{report}");
    assert!(!report.to_string().contains(SECRET), "{report}");
    broken
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_keeps_its_word_holds_every_law() {
    let report = examine(&Examined(None)).await;
    assert!(report.verdicts().iter().all(|(_, verdict)| *verdict == Verdict::Held), "{report}");
    assert_eq!(report.verdicts().len(), Law::ALL.len());
}

#[tokio::test(start_paused = true)]
async fn every_lie_is_found() {
    for (lie, laws) in [
        (Lie::FailsWithoutReason, vec![Law::Answers, Law::ManyAtOnce, Law::OutlivesItsCallers]),
        (Lie::TriesAgain, vec![Law::Once, Law::ManyAtOnce]),
        (Lie::SendsWithoutWhatIsRequired, vec![Law::RefusesIncomplete]),
        (Lie::SendsWhatBelongsNowhere, vec![Law::RefusesUnknown]),
        (Lie::CallsAStatusAFailure, vec![Law::AnyStatusIsAnAnswer]),
        (Lie::SaysSentWhereNobodyWas, vec![Law::KnowsWhatWasNotSent]),
        (Lie::SaysNotSentAfterSilence, vec![Law::AdmitsNotKnowing]),
        (Lie::SaysNotSentAfterABreak, vec![Law::AdmitsNotKnowing]),
        (Lie::NeverEnds, vec![Law::EndsInTime]),
        (Lie::SaysUnknownOfGarbage, vec![Law::KnowsWhatWasUnreadable]),
        (Lie::Trims, vec![Law::Faithful]),
        (Lie::TakesOneAtATime, vec![Law::ManyAtOnce]),
        (Lie::IsSpoiltByACallerThatLeaves, vec![Law::OutlivesItsCallers]),
        (Lie::QuotesItsToken, vec![Law::Discreet]),
    ] {
        assert_eq!(broken(Some(lie)).await, laws, "{lie:?}");
    }
}

/// An adapter for which no scene can be staged does not pass.
#[tokio::test]
async fn nothing_is_taken_on_trust() {
    struct Nobody;
    #[async_trait]
    impl Subject for Nobody {
        async fn stage(&self, _scene: &Scene) -> Option<Stage> {
            None
        }
    }
    let report = examine(&Nobody).await;
    assert!(!report.is_conforming(), "{report}");
    assert!(report.verdicts().iter().all(|(_, verdict)| *verdict == Verdict::NotStaged), "{report}");
}
