//! Calls that may be made and have not begun.

use std::collections::{BTreeMap, VecDeque};

use naftiko_adapter::Call;
use naftiko_journal::Event;

use crate::Run;

/// Calls with their intents, in the order they came up, by provider: one that has no room holds up no other.
#[derive(Debug, Default)]
pub(super) struct Queue {
    calls: BTreeMap<String, VecDeque<Waiting>>,
    /// How many there ever were.
    came_up: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    intent: Event,
    call: Box<Call>,
}

impl Queue {
    pub(super) fn push(&mut self, intent: Event, call: Box<Call>) {
        self.came_up += 1;
        let waiting = Waiting { number: self.came_up, intent, call };
        self.calls.entry(waiting.call.operation.provider.clone()).or_default().push_back(waiting);
    }

    /// The first that may begin, to a provider that has room. What came before it to that provider and never may is
    /// forgotten.
    pub(super) fn pop(&mut self, has_room: impl Fn(&str) -> bool, run: &Run) -> Option<(Event, Box<Call>)> {
        if run.is_held_up() {
            return None;
        }
        let mut first: Option<(u64, &String, usize)> = None;
        for (provider, waiting) in &mut self.calls {
            if !has_room(provider) {
                continue;
            }
            let mut at = 0;
            while let Some(next) = waiting.get(at) {
                if run.may_begin(&next.call.step) {
                    if first.is_none_or(|(number, ..)| next.number < number) {
                        first = Some((next.number, provider, at));
                    }
                    break;
                }
                if run.may_begin_later(&next.call.step) {
                    at += 1;
                } else {
                    waiting.remove(at);
                }
            }
        }
        let (_, provider, at) = first?;
        let provider = provider.clone();
        let waiting = self.calls.get_mut(&provider)?.remove(at)?;
        Some((waiting.intent, waiting.call))
    }

    /// Whether any may begin as soon as there is room.
    pub(super) fn can_go_on(&self, run: &Run) -> bool {
        self.calls.values().flatten().any(|waiting| run.may_begin(&waiting.call.step))
    }
}
