//! Answers that were given before the run.

use std::fmt;

use async_trait::async_trait;
use indexmap::IndexMap;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question};
use serde_json::Value;

use crate::fit::Fit;

/// Answers a step with its prepared answer, and passes the question of any other step to the next channel.
pub struct Prepared {
    answers: IndexMap<String, Value>,
    next: Box<dyn Channel>,
}

impl Prepared {
    /// Takes the answers by step id, and the channel for all other steps.
    pub fn new(answers: IndexMap<String, Value>, next: Box<dyn Channel>) -> Self {
        Self { answers, next }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An answer may be as sensitive as an input, so only its step is shown.
        let steps: Vec<_> = self.answers.keys().collect();
        f.debug_struct("Prepared").field("steps", &steps).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Prepared {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let Some(answer) = self.answers.get(&question.step) else { return self.next.ask(question).await };
        match Fit::of(question)?.objection(answer) {
            None => Ok(Answer::Given(answer.clone())),
            Some(reason) => {
                let message = format!("the answer given for `{}` does not fit: {reason}", question.step);
                Err(Failure::new(FailureKind::Refused, message))
            }
        }
    }
}
