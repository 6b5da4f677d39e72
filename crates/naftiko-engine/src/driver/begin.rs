//! Chooses the calls and messages that start next, within all limits, and starts them once their intents are stored.

use std::sync::Arc;

use jiff::Timestamp;
use naftiko_adapter::{Mask, Question};

use super::outbox::Message;
use super::queue::Waiting;
use super::{Drive, DriveError, Wire};

impl Drive<'_, '_> {
    /// Records the intents of as many messages as the limits allow.
    pub(super) fn begin_messages(&mut self) -> Result<(), DriveError> {
        while self.work.calls() + self.sending.len() < self.driver.limits.jobs.max(1) {
            let Some(Message { intent, attempt, question }) = self.outbox.pop(self.run) else { break };
            self.record(intent)?;
            self.sending.push((attempt, *question));
        }
        Ok(())
    }

    /// Records the intents of as many calls as the limits allow.
    pub(super) fn begin_calls(&mut self) -> Result<(), DriveError> {
        while self.work.calls() + self.starting.len() + self.sending.len() < self.driver.limits.jobs.max(1) {
            let now = self.driver.clock.now();
            let Some(Waiting { intent, call, route, .. }) = self.next_call(now) else { break };
            self.turns.take(&route, now);
            self.held_up.remove(&call.step);
            self.record(intent)?;
            self.starting.push((*call, route, now));
        }
        Ok(())
    }

    /// Takes the first call whose provider has room and is not rate limited.
    fn next_call(&mut self, now: Timestamp) -> Option<Waiting> {
        let (work, starting, limits) = (&self.work, &self.starting, &self.driver.limits.by_provider);
        let has_room = |provider: &str| {
            limits.get(provider).is_none_or(|limit| {
                let starting = starting.iter().filter(|(call, ..)| call.operation.provider == provider);
                work.calls_to(provider) + starting.count() < (*limit).max(1)
            })
        };
        let (turns, mut held_up) = (&mut self.turns, Vec::new());
        let is_free = |waiting: &Waiting| {
            if !has_room(&waiting.call.operation.provider) {
                return false;
            }
            let until = turns.wait(&waiting.route, now);
            held_up.extend(until.map(|until| (waiting.call.step.clone(), until)));
            until.is_none()
        };
        let next = self.queue.pop(is_free, self.run);
        self.next_turn = held_up.iter().map(|(_, until)| *until).min();
        self.tell_held_up(held_up, now);
        next
    }

    /// Reports each delayed step, once for each delay.
    fn tell_held_up(&mut self, held_up: Vec<(String, Timestamp)>, now: Timestamp) {
        for (step, until) in held_up {
            if self.held_up.get(&step) != Some(&until) {
                self.driver.observe.held_up(&step, until.duration_since(now));
                self.held_up.insert(step, until);
            }
        }
    }

    /// Starts all calls, questions and messages whose intents are stored.
    pub(super) fn start(&mut self) {
        let credentials = self.credentials();
        for (call, route, taken) in self.starting.drain(..) {
            self.turns.sent(&route, taken, self.driver.clock.now());
            if let Some(wire) = &mut self.driver.wire {
                wire(Wire::Sent(Box::new(self.run.shown_call(&call))));
            }
            self.work.call(Arc::clone(&self.driver.adapter), call);
        }
        for question in self.asking.drain(..) {
            self.work.ask(Arc::clone(&self.driver.channel), masked(question, &credentials));
        }
        for (attempt, question) in self.sending.drain(..) {
            self.work.send(Arc::clone(&self.driver.channel), attempt, masked(question, &credentials));
        }
    }
}

/// The question without credentials. Its values may come from a response that was stored before they were known.
fn masked(question: Question, credentials: &Mask) -> Question {
    Question {
        shown: credentials.object(question.shown),
        settings: credentials.object(question.settings),
        ..question
    }
}
