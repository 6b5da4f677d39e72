//! An adapter and a channel that do as they are told.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use naftiko_adapter::{Adapter, Answer, Call, Channel, Failure, Question, Response, async_trait};
use naftiko_journal::{Event, Journal, JournalError, MemoryJournal, Record};
use serde_json::json;

use super::draft::response;

type Rule = dyn Fn(&Call) -> Result<Response, Failure> + Send + Sync;

/// Answers every call by a rule, after as long as the step takes (a millisecond), and remembers what it saw.
pub(super) struct FakeAdapter {
    rule: Box<Rule>,
    takes: HashMap<&'static str, Duration>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<String>,
    under_way: usize,
    most_under_way: usize,
}

impl FakeAdapter {
    pub(super) fn new(rule: impl Fn(&Call) -> Result<Response, Failure> + Send + Sync + 'static) -> Self {
        Self { rule: Box::new(rule), takes: HashMap::new(), seen: Mutex::default() }
    }

    /// Answers everything well.
    pub(super) fn good() -> Self {
        Self::new(|_| Ok(response(200, json!({"ok": true}))))
    }

    pub(super) fn takes(mut self, step: &'static str, time: Duration) -> Self {
        self.takes.insert(step, time);
        self
    }

    /// The steps that were called, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        self.seen.lock().unwrap().calls.clone()
    }

    pub(super) fn most_under_way(&self) -> usize {
        self.seen.lock().unwrap().most_under_way
    }
}

#[async_trait]
impl Adapter for FakeAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        {
            let mut seen = self.seen.lock().unwrap();
            seen.calls.push(call.step.clone());
            seen.under_way += 1;
            seen.most_under_way = seen.most_under_way.max(seen.under_way);
        }
        tokio::time::sleep(self.takes.get(call.step.as_str()).copied().unwrap_or(Duration::from_millis(1)))
            .await;
        self.seen.lock().unwrap().under_way -= 1;
        (self.rule)(call)
    }
}

/// Gives the same answer to everybody, after a while.
pub(super) struct FakeChannel {
    pub(super) answer: Result<Answer, Failure>,
    pub(super) takes: Duration,
}

impl FakeChannel {
    pub(super) fn given() -> Self {
        Self { answer: Ok(Answer::Given(json!({"done": true}))), takes: Duration::ZERO }
    }

    pub(super) fn silent() -> Self {
        Self { answer: Ok(Answer::NotYet), takes: Duration::ZERO }
    }
}

#[async_trait]
impl Channel for FakeChannel {
    async fn ask(&self, _: &Question) -> Result<Answer, Failure> {
        tokio::time::sleep(self.takes).await;
        self.answer.clone()
    }
}

/// Keeps so many events, and no more.
pub(super) struct FullJournal {
    pub(super) kept: MemoryJournal,
    pub(super) room: usize,
    /// How long it takes to find that it is full.
    pub(super) hesitates: Duration,
}

impl Journal for FullJournal {
    fn append(&mut self, run: &str, at: jiff::Timestamp, event: Event) -> Result<Record, JournalError> {
        if self.room == 0 {
            std::thread::sleep(self.hesitates);
            return Err(JournalError { action: "written", reason: "the disk is full".into() });
        }
        self.room -= 1;
        self.kept.append(run, at, event)
    }

    fn read(&self, run: &str) -> Result<Vec<Record>, JournalError> {
        self.kept.read(run)
    }
}
