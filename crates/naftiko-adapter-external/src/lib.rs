//! Channels that ask people and outside systems for the answers that steps wait for.
//!
//! Each kind of channel is a [`Channel`]: [`Prepared`] returns answers that were given beforehand, [`Prompt`] asks a
//! person at a terminal, [`Silent`] never answers; [`Email`], [`Webhook`] and [`Command`] send one message each time
//! they are asked. A channel waits only for its current question, and retains no state: the engine decides what "not
//! yet" means for a run, and whether a message is sent again. The implementation of [`Post`] decides which hosts a
//! webhook may be posted to, and that of [`MailRoute`] where the mail server may be.

mod command;
mod email;
mod fit;
mod letter;
mod prepared;
mod prompt;
mod question;
mod server;
mod show;
mod webhook;

pub use command::Command;
pub use email::Email;
pub use fit::fits;
pub use letter::{Unusable, check_template};
pub use prepared::Prepared;
pub use prompt::{Prompt, Terminal};
pub use question::AnswerAddress;
pub use server::{MailRoute, NoServer, SmtpServer};
pub use webhook::{Key, NoKey, Post, Webhook};

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, Question};

/// A channel without answers: the reply is always "not yet", so the run waits.
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
