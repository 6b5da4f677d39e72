//! Messages that may be sent and have not been started.

use std::collections::VecDeque;

use naftiko_adapter::Question;
use naftiko_journal::Event;

use crate::Run;

/// Messages with their intents, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    messages: VecDeque<Message>,
}

/// A message that may be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) intent: Event,
    pub(super) attempt: u32,
    pub(super) question: Box<Question>,
}

impl Outbox {
    pub(super) fn push(&mut self, intent: Event, question: Box<Question>) {
        // Only this event is the intent of a message.
        if let Event::MessageStarted { attempt, .. } = intent {
            self.messages.push_back(Message { intent, attempt, question });
        }
    }

    /// Takes the first message that may start. Messages that can never start any more are dropped.
    pub(super) fn pop(&mut self, run: &Run) -> Option<Message> {
        if run.is_held_up() {
            return None;
        }
        self.messages.retain(|message| run.may_begin_later(&message.question.step));
        let at = self.messages.iter().position(|message| run.may_begin(&message.question.step))?;
        self.messages.remove(at)
    }

    /// Whether a message could start if there were room.
    pub(super) fn can_go_on(&self, run: &Run) -> bool {
        self.messages.iter().any(|message| run.may_begin(&message.question.step))
    }
}
