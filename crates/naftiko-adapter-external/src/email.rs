//! Messages to people, by SMTP.
//!
//! No part of a message's content can become a header or an additional receiver: addresses and subjects are encoded by
//! a library that knows their grammar.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use naftiko_adapter::{Answer, Channel, Failure, Question};
use ring::digest;

use crate::letter::letter;
use crate::question::{AnswerAddress, refused, text, texts};
use crate::server::{MailRoute, SmtpServer};

/// Asks by e-mail.
pub struct Email {
    server: SmtpServer,
    route: Arc<dyn MailRoute>,
    from: Mailbox,
    address: Arc<dyn AnswerAddress>,
}

impl Email {
    /// Sends through `server`, at the addresses that `route` returns, from an address such as
    /// `Naftiko <runs@acme.example>`; `address` returns the URL at which a message can be answered.
    ///
    /// # Errors
    /// A message if `from` is not an address.
    pub fn new(
        server: SmtpServer,
        route: Arc<dyn MailRoute>,
        from: &str,
        address: Arc<dyn AnswerAddress>,
    ) -> Result<Self, String> {
        let from = from.trim().parse().map_err(|_| format!("`{from}` is not an e-mail address"))?;
        Ok(Self { server, route, from, address })
    }

    /// Checks whether a text is an address that e-mail can be sent to.
    ///
    /// # Errors
    /// A message if it is not.
    pub fn check_address(text: &str) -> Result<(), String> {
        let parsed: Result<Mailbox, _> = text.trim().parse();
        parsed.map(|_| ()).map_err(|_| format!("`{}` is not an e-mail address", one_line(text)))
    }

    fn message(&self, question: &Question) -> Result<Message, Failure> {
        let mut builder: MessageBuilder = Message::builder().from(self.from.clone());
        for to in texts(question, "to")? {
            let to: Mailbox = to
                .trim()
                .parse()
                .map_err(|_| refused(format!("`{}` is not an e-mail address", one_line(to))))?;
            builder = builder.to(to);
        }
        let subject = match question.settings.get("subject") {
            Some(_) => one_line(text(question, "subject")?),
            None => default_subject(question),
        };
        let address = self.address.address(question);
        builder
            .subject(subject)
            .message_id(Some(self.message_id(question)))
            .header(ContentType::TEXT_PLAIN)
            .body(letter(question, address.as_ref())?)
            .map_err(|error| refused(format!("the message cannot be written: {error}")))
    }

    /// The id of the message, equal for all attempts, so that a receiver can recognize a repeat.
    fn message_id(&self, question: &Question) -> String {
        let sum = digest::digest(&digest::SHA256, question.id.as_bytes());
        let sum = URL_SAFE_NO_PAD.encode(sum.as_ref().get(..18).unwrap_or_default());
        format!("<{sum}@{}>", self.from.email.domain())
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("server", &self.server).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Email {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let message = self.message(question)?;
        self.server.send(self.route.as_ref(), message.envelope(), &message.formatted()).await?;
        Ok(Answer::NotYet)
    }
}

/// The first line of the step's description.
fn default_subject(question: &Question) -> String {
    let description = question.description.as_deref().and_then(|text| text.lines().next());
    let subject = description.map(one_line).filter(|line| !line.is_empty());
    let subject = subject.unwrap_or_else(|| format!("{} needs your answer", question.step));
    match subject.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", subject.get(..end).unwrap_or_default()),
        None => subject,
    }
}

/// The text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.split(|character: char| character.is_control() || character.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
