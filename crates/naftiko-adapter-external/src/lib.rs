//! Asks people and outside systems for what a step waits for.
//!
//! Each kind of channel is a [`Channel`]: [`Prepared`] answers from what was given beforehand, [`Prompt`] asks a person
//! at a terminal, [`Silent`] never answers; [`Email`], [`Webhook`] and [`Command`] hand over a message, once each time
//! they are asked. None of them waits longer than one question takes, and none remembers anything: the engine decides
//! what "not yet" means for a run, and whether a message is sent again. Who a webhook may be posted to is decided by
//! the implementation of [`Post`], and where the mail server may be by that of [`MailRoute`].

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

/// A channel that nobody answers: the reply is always "not yet", so the run waits.
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
