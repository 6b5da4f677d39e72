//! What is under way: calls and questions, each in a task of its own so that one that panics takes nothing with it.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use naftiko_adapter::{Adapter, Answer, Call, Channel, Failure, FailureKind, Question, Response};
use tokio::task::{Id, JoinError, JoinSet};

/// How something that was under way ended.
#[derive(Debug)]
pub(super) enum End {
    /// A call.
    Answer { step: String, attempt: u32, answer: Result<Response, Failure> },
    /// A question.
    Reply { step: String, reply: Result<Answer, Failure> },
    /// Either of them, by a panic.
    Panic { step: String, attempt: Option<u32>, message: String },
}

/// Calls and questions under way. Dropped, it cuts them off.
#[derive(Debug, Default)]
pub(super) struct Work {
    tasks: JoinSet<Outcome>,
    /// Whose each task is; questions have no attempt.
    owners: HashMap<Id, (String, Option<u32>)>,
    calls: usize,
}

#[derive(Debug)]
enum Outcome {
    Call(Result<Response, Failure>),
    Question(Result<Answer, Failure>),
}

impl Work {
    pub(super) fn call(&mut self, adapter: Arc<dyn Adapter>, call: Box<Call>) {
        let owner = (call.step.clone(), Some(call.attempt));
        let task = self.tasks.spawn(async move { Outcome::Call(adapter.invoke(&call).await) });
        self.owners.insert(task.id(), owner);
        self.calls += 1;
    }

    pub(super) fn ask(&mut self, channel: Arc<dyn Channel>, question: Question) {
        let owner = (question.step.clone(), None);
        let task = self.tasks.spawn(async move { Outcome::Question(channel.ask(&question).await) });
        self.owners.insert(task.id(), owner);
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    pub(super) fn questions(&self) -> usize {
        self.tasks.len() - self.calls
    }

    /// The next that ends; never comes back while there is none.
    pub(super) async fn next(&mut self) -> End {
        loop {
            let Some(joined) = self.tasks.join_next_with_id().await else {
                return std::future::pending().await;
            };
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some((step, attempt)) = self.owners.remove(&id) else { continue };
            if attempt.is_some() {
                self.calls -= 1;
            }
            return match (joined, attempt) {
                (Ok((_, Outcome::Call(answer))), Some(attempt)) => End::Answer { step, attempt, answer },
                (Ok((_, Outcome::Question(reply))), _) => End::Reply { step, reply },
                (Ok((_, Outcome::Call(_))), None) => continue,
                (Err(error), attempt) => broken(step, attempt, error),
            };
        }
    }
}

fn broken(step: String, attempt: Option<u32>, error: JoinError) -> End {
    match (error.try_into_panic(), attempt) {
        (Ok(panic), _) => End::Panic { step, attempt, message: message(panic.as_ref()) },
        (Err(_), Some(attempt)) => End::Answer {
            step,
            attempt,
            answer: Err(Failure::new(FailureKind::Unknown, "the call was cut off")),
        },
        (Err(_), None) => End::Reply { step, reply: Ok(Answer::NotYet) },
    }
}

/// What the panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it did not say why").lines().next().unwrap_or_default().to_owned()
}
