//! Asks people and outside systems for what a step waits for.
//!
//! Each kind of channel is a [`Channel`]: [`Prepared`] answers from what was given
//! beforehand, [`Prompt`] asks a person at a terminal, [`Silent`] never answers; [`Email`], [`Webhook`] and [`Command`]
//! hand a message over, once for each time they are asked. None of them waits for longer than
//! one question takes, and none remembers: what "not yet" means for a run, and whether a message is sent again, is decided
//! by the engine. Whom a webhook may be posted to is decided by whoever posts: see [`Post`].

mod command;
mod email;
mod fit;
mod letter;
mod prepared;
mod prompt;
mod put;
mod server;
mod show;
mod webhook;

pub use command::Command;
pub use email::Email;
pub use fit::fits;
pub use letter::{Unusable, check_template};
pub use prepared::Prepared;
pub use prompt::{Prompt, Terminal};
pub use put::AnswerAddress;
pub use server::{NoServer, SmtpServer};
pub use webhook::{Key, NoKey, Post, Webhook};

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
