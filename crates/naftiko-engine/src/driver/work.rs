//! Running calls and questions, each in a task of its own, so that a panic affects only one of them.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use naftiko_adapter::{Adapter, Answer, Call, Channel, Failure, FailureKind, Question, Response};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// The end of a call or question.
#[derive(Debug)]
pub(super) enum End {
    /// The response to a call.
    Answer { step: String, attempt: u32, answer: Result<Response, Failure> },
    /// The answer to a question; with its attempt if the question was a message.
    Reply { step: String, attempt: Option<u32>, reply: Result<Answer, Failure> },
    /// A panic of either.
    Panic { step: String, attempt: Option<u32>, message: String },
}

/// The running calls and questions. Dropping it aborts them.
#[derive(Debug, Default)]
pub(super) struct Work {
    tasks: JoinSet<Outcome>,
    owners: HashMap<Id, Owner>,
    /// The tasks of questions that are not messages, by step.
    questions: BTreeMap<String, AbortHandle>,
    calls: usize,
    calls_to: HashMap<String, usize>,
}

/// The owner of a task.
#[derive(Debug)]
struct Owner {
    step: String,
    /// `None` for a question that is not a message.
    attempt: Option<u32>,
    provider: Option<String>,
}

#[derive(Debug)]
enum Outcome {
    Call(Result<Response, Failure>),
    Question(Result<Answer, Failure>),
}

impl Work {
    pub(super) fn call(&mut self, adapter: Arc<dyn Adapter>, call: Call) {
        let provider = call.operation.provider.clone();
        *self.calls_to.entry(provider.clone()).or_default() += 1;
        self.calls += 1;
        let owner = Owner { step: call.step.clone(), attempt: Some(call.attempt), provider: Some(provider) };
        let task = self.tasks.spawn(async move { Outcome::Call(adapter.invoke(&call).await) });
        self.owners.insert(task.id(), owner);
    }

    pub(super) fn ask(&mut self, channel: Arc<dyn Channel>, question: Question) {
        let owner = Owner { step: question.step.clone(), attempt: None, provider: None };
        let step = question.step.clone();
        let task = self.tasks.spawn(async move { Outcome::Question(channel.ask(&question).await) });
        self.owners.insert(task.id(), owner);
        self.questions.insert(step, task);
    }

    /// Sends a message. It is never aborted, because its outcome must be known.
    pub(super) fn send(&mut self, channel: Arc<dyn Channel>, attempt: u32, question: Question) {
        self.calls += 1;
        let owner = Owner { step: question.step.clone(), attempt: Some(attempt), provider: None };
        let task = self.tasks.spawn(async move { Outcome::Question(channel.ask(&question).await) });
        self.owners.insert(task.id(), owner);
    }

    /// Aborts the pending question of a step, if any.
    pub(super) fn withdraw(&mut self, step: &str) {
        if let Some(task) = self.questions.remove(step) {
            self.owners.remove(&task.id());
            task.abort();
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// The steps with pending questions.
    pub(super) fn questions(&self) -> impl Iterator<Item = &str> {
        self.questions.keys().map(String::as_str)
    }

    /// The number of running calls to a provider.
    pub(super) fn calls_to(&self, provider: &str) -> usize {
        self.calls_to.get(provider).copied().unwrap_or_default()
    }

    /// Waits for the next end; never returns while nothing runs.
    pub(super) async fn next(&mut self) -> End {
        loop {
            let Some(joined) = self.tasks.join_next_with_id().await else {
                return std::future::pending().await;
            };
            if let Some(end) = self.end(joined) {
                return end;
            }
        }
    }

    /// The next end that is available without waiting.
    pub(super) fn ended(&mut self) -> Option<End> {
        loop {
            let joined = self.tasks.try_join_next_with_id()?;
            if let Some(end) = self.end(joined) {
                return Some(end);
            }
        }
    }

    fn end(&mut self, joined: Result<(Id, Outcome), JoinError>) -> Option<End> {
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Owner { step, attempt, provider } = self.owners.remove(&id)?;
        if attempt.is_some() {
            self.calls -= 1;
        } else {
            self.questions.remove(&step);
        }
        if let Some(calls) = provider.and_then(|provider| self.calls_to.get_mut(&provider)) {
            *calls = calls.saturating_sub(1);
        }
        match (joined, attempt) {
            (Ok((_, Outcome::Call(answer))), Some(attempt)) => Some(End::Answer { step, attempt, answer }),
            (Ok((_, Outcome::Question(reply))), attempt) => Some(End::Reply { step, attempt, reply }),
            (Ok((_, Outcome::Call(_))), None) => None,
            (Err(error), attempt) => Some(broken(step, attempt, error)),
        }
    }
}

fn broken(step: String, attempt: Option<u32>, error: JoinError) -> End {
    match (error.try_into_panic(), attempt) {
        (Ok(panic), _) => End::Panic { step, attempt, message: message(panic.as_ref()) },
        (Err(_), Some(attempt)) => End::Answer {
            step,
            attempt,
            answer: Err(Failure::new(FailureKind::Unknown, "the call was aborted")),
        },
        (Err(_), None) => End::Reply { step, attempt: None, reply: Ok(Answer::NotYet) },
    }
}

/// The panic message, its first line.
fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it gave no reason").lines().next().unwrap_or_default().to_owned()
}
