//! An adapter, a channel and a journal with scripted behavior.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use naftiko_adapter::{Adapter, Answer, Call, Channel, Failure, Question, Response, async_trait};
use naftiko_journal::{Entry, Journal, JournalError, MemoryJournal, Record, Standing};
use serde_json::json;
use tokio::sync::Semaphore;

use super::desk::response;

type Rule = dyn Fn(&Call) -> Result<Response, Failure> + Send + Sync;

/// Answers every call by a rule, after the duration of the step (a millisecond by default), and records the calls.
pub(super) struct FakeAdapter {
    rule: Box<Rule>,
    takes: HashMap<&'static str, Duration>,
    usually: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: Vec<String>,
    under_way: HashMap<String, usize>,
    most_under_way: usize,
    most_by_provider: HashMap<String, usize>,
}

impl FakeAdapter {
    pub(super) fn new(rule: impl Fn(&Call) -> Result<Response, Failure> + Send + Sync + 'static) -> Self {
        Self {
            rule: Box::new(rule),
            takes: HashMap::new(),
            usually: Duration::from_millis(1),
            seen: Mutex::default(),
        }
    }

    /// Answers every call successfully.
    pub(super) fn good() -> Self {
        Self::new(|_| Ok(response(200, json!({"ok": true}))))
    }

    pub(super) fn takes(mut self, step: &'static str, time: Duration) -> Self {
        self.takes.insert(step, time);
        self
    }

    /// Sets the duration of the steps that have none of their own.
    pub(super) fn each_takes(mut self, time: Duration) -> Self {
        self.usually = time;
        self
    }

    /// The steps that were called, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        self.seen.lock().unwrap().calls.clone()
    }

    pub(super) fn most_under_way_to(&self, provider: &str) -> usize {
        self.seen.lock().unwrap().most_by_provider[provider]
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
            let provider = call.operation.provider.clone();
            let under_way = seen.under_way.entry(provider.clone()).or_default();
            *under_way += 1;
            let under_way = *under_way;
            let most = seen.most_by_provider.entry(provider).or_default();
            *most = under_way.max(*most);
            seen.most_under_way = seen.most_under_way.max(seen.under_way.values().sum());
        }
        tokio::time::sleep(self.takes.get(call.step.as_str()).copied().unwrap_or(self.usually)).await;
        *self.seen.lock().unwrap().under_way.get_mut(&call.operation.provider).unwrap() -= 1;
        (self.rule)(call)
    }
}

/// Gives one answer to all questions, after a delay.
pub(super) struct FakeChannel {
    pub(super) answer: Result<Answer, Failure>,
    pub(super) takes: Duration,
    /// The number of questions that can be pending at once.
    pub(super) room: Semaphore,
}

impl FakeChannel {
    pub(super) fn given() -> Self {
        Self {
            answer: Ok(Answer::Given(json!({"done": true}))),
            takes: Duration::ZERO,
            room: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    /// Like a single terminal: one question at a time.
    pub(super) fn one_at_a_time(self) -> Self {
        Self { room: Semaphore::new(1), ..self }
    }

    pub(super) fn silent() -> Self {
        Self {
            answer: Ok(Answer::NotYet),
            takes: Duration::ZERO,
            room: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

#[async_trait]
impl Channel for FakeChannel {
    async fn ask(&self, _: &Question) -> Result<Answer, Failure> {
        let _turn = self.room.acquire().await.unwrap();
        tokio::time::sleep(self.takes).await;
        self.answer.clone()
    }
}

/// Stores a limited number of batches with a delay, and records the calls.
#[derive(Default)]
pub(super) struct FakeJournal {
    kept: MemoryJournal,
    /// The number of batches it stores; `None` for all.
    pub(super) room: Option<usize>,
    pub(super) takes: Duration,
    appends: Mutex<Vec<Append>>,
}

/// A summary of a batch: its events, and the state of the run after them.
#[derive(Clone)]
pub(super) struct Append {
    pub(super) events: Vec<String>,
    pub(super) standing: Standing,
}

impl FakeJournal {
    pub(super) fn records(&self) -> Vec<Record> {
        self.kept.records("run-1")
    }

    pub(super) fn appends(&self) -> Vec<Append> {
        self.appends.lock().unwrap().clone()
    }
}

#[async_trait]
impl Journal for FakeJournal {
    async fn append(&self, run: &str, entries: Vec<Entry>, standing: Standing) -> Result<(), JournalError> {
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        if self.room == Some(self.appends.lock().unwrap().len()) {
            return Err(JournalError { action: "written", reason: "the disk is full".into() });
        }
        let in_short = |entry: &Entry| {
            let event = &entry.record.event;
            format!("{} {}", event.name(), event.step().unwrap_or_default()).trim_end().to_owned()
        };
        let events = entries.iter().map(in_short).collect();
        self.appends.lock().unwrap().push(Append { events, standing });
        self.kept.append(run, entries, standing).await
    }
}
