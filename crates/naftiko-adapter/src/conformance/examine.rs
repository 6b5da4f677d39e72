//! The examination: sets up scenes, makes calls, and compares the reports of the adapter with the observations of the
//! server.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Law, Report, Scene, Stage, Subject, Verdict};
use crate::{Call, Failure, FailureKind, Place, Response};

/// The time after which a call counts as never ending.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time limit of a call that gets no response.
const SHORT: Duration = Duration::from_millis(250);
/// The pause between two polls of a call that will be dropped.
const A_WHILE: Duration = Duration::from_micros(100);
/// The number of concurrent calls.
const MANY: usize = 32;
/// Texts that are often damaged in transmission.
const TEXTS: [&str; 16] = [
    "plain",
    "two words",
    " leading and trailing ",
    "a/b",
    "..",
    "a?b#c",
    "a&b=c;d",
    "100%",
    "%2F%00",
    "+",
    "\"quoted\\\"",
    "a,b|c",
    "naïve café 日本語",
    "👩‍👩‍👧‍👦",
    "a\r\nx-injected: 1",
    "",
];

/// Runs an adapter through all scenes that its subject can stage, and reports a verdict for each law.
///
/// Needs a tokio runtime with its timer enabled. Takes about as long as a few calls that time out after a quarter of a
/// second.
pub async fn examine(subject: &dyn Subject) -> Report {
    let mut examination = Examination { subject, verdicts: BTreeMap::new(), shown: Vec::new() };
    examination.answers().await;
    examination.refuses().await;
    examination.any_status().await;
    examination.absent().await;
    examination.unanswered().await;
    examination.unreadable().await;
    examination.faithful().await;
    examination.many_at_once().await;
    examination.outlives_its_callers().await;
    examination.discreet().await;
    let Examination { mut verdicts, .. } = examination;
    Report(Law::ALL.map(|law| (law, verdicts.remove(&law).unwrap_or(Verdict::NotStaged))).into())
}

struct Examination<'a> {
    subject: &'a dyn Subject,
    verdicts: BTreeMap<Law, Verdict>,
    /// The outcomes of all scenes as text, each with the secrets that must not be in it.
    shown: Vec<(String, Vec<String>)>,
}

type Outcome = Result<Response, Failure>;

impl Examination<'_> {
    /// Records an observation of a law. A law that was broken once remains broken.
    fn rule(&mut self, law: Law, held: bool, seen: impl FnOnce() -> String) {
        let verdict = self.verdicts.entry(law).or_insert(Verdict::Held);
        if !held && *verdict == Verdict::Held {
            *verdict = Verdict::Broken(seen());
        }
    }

    /// Makes a call in a scene, and records its outcome. `None` if the scene is not staged or the call never ends.
    async fn call(&mut self, scene: &Scene, change: impl FnOnce(&mut Call)) -> Option<(Outcome, Stage)> {
        let mut stage = self.subject.stage(scene).await?;
        change(&mut stage.call);
        let outcome = invoke(&stage).await;
        let Some(outcome) = outcome else {
            self.rule(Law::EndsInTime, false, || format!("{scene:?}: it had not ended after {PATIENCE:?}"));
            return None;
        };
        self.shown.push((format!("{outcome:?}"), stage.secrets.clone()));
        let taken = (stage.taken)();
        self.rule(Law::Once, taken <= 1, || {
            format!("{scene:?}: the provider received the call {taken} times")
        });
        Some((outcome, stage))
    }

    async fn answers(&mut self) {
        let Some((outcome, stage)) = self.call(&Scene::Answers, |_| {}).await else { return };
        let held = matches!(&outcome, Ok(response) if (200..300).contains(&response.status));
        self.rule(Law::Answers, held, || told(&outcome));
        let taken = (stage.taken)();
        self.rule(Law::Once, taken == 1, || format!("the provider received the call {taken} times"));
    }

    async fn refuses(&mut self) {
        let Some(stage) = self.subject.stage(&Scene::Answers).await else { return };
        let required = stage.call.operation.parameters.iter().filter(|parameter| parameter.required);
        let required: Vec<_> = required.map(|parameter| (parameter.place, parameter.name.clone())).collect();
        for parameter in required {
            let lacks = |call: &mut Call| drop(call.arguments.parameters.shift_remove(&parameter));
            self.is_refused(Law::RefusesIncomplete, &parameter.1, lacks).await;
        }
        if stage.call.operation.body.as_ref().is_some_and(|body| body.required) {
            self.is_refused(Law::RefusesIncomplete, "its body", |call| call.arguments.body = None).await;
        }
        let name = "x-belongs-nowhere";
        for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
            let adds = |call: &mut Call| {
                call.arguments.parameters.insert((place, name.to_owned()), json!("x"));
            };
            self.is_refused(Law::RefusesUnknown, place.as_str(), adds).await;
        }
        if stage.call.operation.body.is_none() {
            self.is_refused(Law::RefusesUnknown, "a body", |call| call.arguments.body = Some(json!({})))
                .await;
        }
    }

    async fn is_refused(&mut self, law: Law, what: &str, change: impl FnOnce(&mut Call)) {
        let Some((outcome, stage)) = self.call(&Scene::Answers, change).await else { return };
        let taken = (stage.taken)();
        let held = kind(&outcome) == Some(FailureKind::Refused) && taken == 0;
        self.rule(law, held, || format!("{what}: {}, received {taken} times", told(&outcome)));
    }

    async fn any_status(&mut self) {
        for scene in [Scene::Declines, Scene::Fails] {
            let Some((outcome, _)) = self.call(&scene, |_| {}).await else { continue };
            let held = matches!(&outcome, Ok(response) if !(200..300).contains(&response.status));
            self.rule(Law::AnyStatusIsAnAnswer, held, || format!("{scene:?}: {}", told(&outcome)));
        }
    }

    async fn absent(&mut self) {
        let Some((outcome, _)) = self.call(&Scene::IsAbsent, |_| {}).await else { return };
        let held = kind(&outcome) == Some(FailureKind::NotSent);
        self.rule(Law::KnowsWhatWasNotSent, held, || told(&outcome));
    }

    async fn unanswered(&mut self) {
        let in_time = |call: &mut Call| call.timeout = Some(SHORT);
        if let Some((outcome, _)) = self.call(&Scene::IsSilent, in_time).await {
            let held = kind(&outcome) == Some(FailureKind::Unknown);
            self.rule(Law::AdmitsNotKnowing, held, || format!("silence: {}", told(&outcome)));
            self.rule(Law::EndsInTime, true, String::new);
        }
        if let Some((outcome, _)) = self.call(&Scene::BreaksOff, |_| {}).await {
            let held = kind(&outcome) == Some(FailureKind::Unknown);
            self.rule(Law::AdmitsNotKnowing, held, || format!("aborted: {}", told(&outcome)));
        }
    }

    async fn unreadable(&mut self) {
        let Some((outcome, _)) = self.call(&Scene::Babbles, |_| {}).await else { return };
        let held = kind(&outcome) == Some(FailureKind::Unreadable);
        self.rule(Law::KnowsWhatWasUnreadable, held, || told(&outcome));
    }

    async fn faithful(&mut self) {
        for text in TEXTS {
            let scene = Scene::Echoes(text.to_owned());
            let Some((outcome, stage)) = self.call(&scene, |_| {}).await else { continue };
            let held = match &outcome {
                Ok(response) => arrived(&response.body, text),
                Err(failure) => failure.kind == FailureKind::Refused && (stage.taken)() == 0,
            };
            self.rule(Law::Faithful, held, || format!("{text:?}: {outcome:?}"));
        }
    }

    async fn many_at_once(&mut self) {
        let Some(stage) = self.subject.stage(&Scene::Answers).await else { return };
        let mut calls = JoinSet::new();
        for _ in 0..MANY {
            let stage = stage.clone();
            calls.spawn(async move { invoke(&stage).await });
        }
        let mut answered = 0;
        while let Some(ended) = calls.join_next().await {
            answered += usize::from(matches!(ended, Ok(Some(Ok(_)))));
        }
        let taken = (stage.taken)();
        let held = answered == MANY && taken == MANY;
        self.rule(Law::ManyAtOnce, held, || {
            format!("of {MANY} calls, {taken} were received and {answered} got a response")
        });
    }

    async fn outlives_its_callers(&mut self) {
        let Some(stage) = self.subject.stage(&Scene::Answers).await else { return };
        for polls in 1..=MANY {
            let mut call = stage.adapter.invoke(&stage.call);
            for _ in 0..polls {
                // Polls the call once, ready or not, so that each call is dropped at a different point.
                if poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await {
                    break;
                }
                tokio::time::sleep(A_WHILE).await;
            }
        }
        let outcome = invoke(&stage).await;
        let held = matches!(outcome, Some(Ok(_)));
        self.rule(Law::OutlivesItsCallers, held, || match &outcome {
            Some(outcome) => told(outcome),
            None => "the next call did not end".to_owned(),
        });
    }

    async fn discreet(&mut self) {
        if self.call(&Scene::Betrays, |_| {}).await.is_some() {
            self.rule(Law::Discreet, true, String::new);
        }
        for (shown, secrets) in std::mem::take(&mut self.shown) {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                let held = !shown.contains(secret.as_str());
                // The secret was made for this examination, but the report masks it nevertheless.
                self.rule(Law::Discreet, held, || shown.replace(secret.as_str(), crate::MASK));
            }
        }
    }
}

/// Makes the call of a stage; `None` if it does not end.
async fn invoke(stage: &Stage) -> Option<Outcome> {
    tokio::time::timeout(PATIENCE, stage.adapter.invoke(&stage.call)).await.ok()
}

fn kind(outcome: &Outcome) -> Option<FailureKind> {
    outcome.as_ref().err().map(|failure| failure.kind)
}

/// A short text for an outcome.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Ok(response) => format!("it responded with {}", response.status),
        Err(failure) => format!("it failed as {:?}: {failure}", failure.kind),
    }
}

/// Whether the server saw exactly this text in every place.
fn arrived(body: &Value, text: &str) -> bool {
    body.as_array().is_some_and(|seen| !seen.is_empty() && seen.iter().all(|seen| seen == text))
}
