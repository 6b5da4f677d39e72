//! Messages that may be handed over and have not begun to be.

use std::collections::VecDeque;

use naftiko_adapter::Question;
use naftiko_journal::Event;

use crate::Run;

/// Messages with their intents, in the order they came up.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    messages: VecDeque<(Event, Box<Question>)>,
}

impl Outbox {
    pub(super) fn push(&mut self, intent: Event, question: Box<Question>) {
        self.messages.push_back((intent, question));
    }

    /// The first that may begin. What came before it and never may is forgotten.
    pub(super) fn pop(&mut self, run: &Run) -> Option<(Event, Box<Question>)> {
        if run.is_held_up() {
            return None;
        }
        self.messages.retain(|(_, question)| run.may_begin_later(&question.step));
        let at = self.messages.iter().position(|(_, question)| run.may_begin(&question.step))?;
        self.messages.remove(at)
    }

    /// Whether any may begin as soon as there is room.
    pub(super) fn can_go_on(&self, run: &Run) -> bool {
        self.messages.iter().any(|(_, question)| run.may_begin(&question.step))
    }
}
