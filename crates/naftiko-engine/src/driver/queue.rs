//! Calls that may start and have not started.

use std::collections::{BTreeMap, VecDeque};

use naftiko_adapter::Call;
use naftiko_journal::Event;

use crate::Run;
use crate::core::Route;

/// Calls with their intents, in order of arrival, grouped by the limits that apply to them. A call that has no room or
/// is rate limited does not delay calls of other groups.
#[derive(Debug, Default)]
pub(super) struct Queue {
    calls: BTreeMap<(String, String), VecDeque<Waiting>>,
    /// The number of calls ever added.
    came_up: u64,
}

/// A call that may start, with its intent and its route.
#[derive(Debug)]
pub(super) struct Waiting {
    number: u64,
    pub(super) intent: Event,
    pub(super) call: Box<Call>,
    pub(super) route: Route,
}

impl Queue {
    pub(super) fn push(&mut self, intent: Event, call: Box<Call>, route: Route) {
        self.came_up += 1;
        // Calls with common limits form one line, and only the first of a line is considered.
        let own = route.of_operation.map(|_| route.operation.clone());
        let key = (route.place.clone(), own.unwrap_or_default());
        let waiting = Waiting { number: self.came_up, intent, call, route };
        self.calls.entry(key).or_default().push_back(waiting);
    }

    /// Takes the first call that may start and for which `is_free` holds. Calls that can never start any more are
    /// dropped.
    pub(super) fn pop(&mut self, mut is_free: impl FnMut(&Waiting) -> bool, run: &Run) -> Option<Waiting> {
        if run.is_held_up() {
            return None;
        }
        let mut first: Option<(u64, &(String, String), usize)> = None;
        for (key, waiting) in &mut self.calls {
            let mut at = 0;
            while let Some(next) = waiting.get(at) {
                if run.may_begin(&next.call.step) {
                    if is_free(next) && first.is_none_or(|(number, ..)| next.number < number) {
                        first = Some((next.number, key, at));
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
        let (_, key, at) = first?;
        let key = key.clone();
        self.calls.get_mut(&key)?.remove(at)
    }

    /// Whether a call could start if there were room.
    pub(super) fn can_go_on(&self, run: &Run) -> bool {
        self.calls.values().flatten().any(|waiting| run.may_begin(&waiting.call.step))
    }
}
