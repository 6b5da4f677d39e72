//! Asks people and outside systems for what a step waits for.
//!
//! Each kind of channel is a [`Channel`]: [`Prepared`] answers from what was given
//! beforehand, [`Prompt`] asks a person at a terminal, [`Silent`] never answers. None of them waits for longer than
//! one question takes, and none remembers: what "not yet" means for a run is decided by the engine.

mod fit;
mod prepared;
mod prompt;
mod show;

pub use fit::fits;
pub use prepared::Prepared;
pub use prompt::{Prompt, Terminal};

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, Question};

/// A channel without anybody at the other end: the answer is always "not yet", so the run waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

#[async_trait]
impl Channel for Silent {
    async fn ask(&self, _question: &Question) -> Result<Answer, Failure> {
        Ok(Answer::NotYet)
    }
}

#[cfg(test)]
mod tests;
