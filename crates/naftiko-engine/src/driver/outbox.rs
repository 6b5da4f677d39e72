//! Messages that may be handed over and have not begun to be.

use std::collections::VecDeque;

use naftiko_adapter::Question;
use naftiko_journal::Event;

use crate::Run;

/// Messages with their intents, in the order they came up.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    messages: VecDeque<Message>,
}

/// A message that may be handed over.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) intent: Event,
    pub(super) attempt: u32,
    pub(super) question: Box<Question>,
}

impl Outbox {
    pub(super) fn push(&mut self, intent: Event, question: Box<Question>) {
        // Nothing else is the intent of one.
        if let Event::MessageStarted { attempt, .. } = intent {
            self.messages.push_back(Message { intent, attempt, question });
        }
    }

    /// The first that may begin. What came before it and never may is forgotten.
    pub(super) fn pop(&mut self, run: &Run) -> Option<Message> {
        if run.is_held_up() {
            return None;
        }
        self.messages.retain(|message| run.may_begin_later(&message.question.step));
        let at = self.messages.iter().position(|message| run.may_begin(&message.question.step))?;
        self.messages.remove(at)
    }

    /// Whether any may begin as soon as there is room.
    pub(super) fn can_go_on(&self, run: &Run) -> bool {
        self.messages.iter().any(|message| run.may_begin(&message.question.step))
    }
}
