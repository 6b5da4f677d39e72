//! The outcome of an attempt: the one event that ends it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{self as adapter, Operation, Response};
use naftiko_expr::Expression;
use naftiko_journal::{Cause, Departure, Event, Failure, Phase};
use naftiko_plan::{Invoke, OnDoubt, Plan, Poll};
use serde_json::Value;

use super::redact::Redaction;
use super::scope::{Answer, View};
use super::task::{Progress, Task};
use super::{Command, Run, failure, request, retry_after};

/// The least time between two polls, whatever was configured: without a pause, time might never pass.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_millis(1);

impl Run {
    /// The event of a response. `jitter` is between 0 and 1.
    pub fn closed_by_response(
        &self,
        step: &str,
        attempt: u32,
        response: Response,
        now: Timestamp,
        jitter: f64,
    ) -> Event {
        let Some(mut closing) = self.closing(step, attempt, now, jitter) else {
            return no_call(step, attempt);
        };
        let status = response.status;
        let departures = response.departures.iter();
        let departures =
            departures.map(|it| Departure { pointer: it.pointer.clone(), expected: it.expected.clone() });
        closing.departures = departures.collect();
        let is_withheld = response.is_body_withheld;
        let answer = Answer::new(response);
        if !matches!(status, 200..=299) {
            return closing.answered_badly(status, &answer);
        }
        // A poll or a page is useless without its body.
        if is_withheld && (closing.invoke.poll.is_some() || closing.invoke.paginate.is_some()) {
            return closing.without_body();
        }
        match (&closing.invoke.poll, &closing.invoke.paginate) {
            (Some(poll), _) => closing.polled(poll, status, answer),
            (None, Some(paginate)) => closing.paged(paginate, status, answer),
            (None, None) => closing.expected(status, answer),
        }
    }

    /// The event of a failed call. `jitter` is between 0 and 1.
    pub fn closed_by_failure(
        &self,
        step: &str,
        attempt: u32,
        failure: &adapter::Failure,
        now: Timestamp,
        jitter: f64,
    ) -> Event {
        self.closing(step, attempt, now, jitter)
            .map_or_else(|| no_call(step, attempt), |closing| closing.unanswered(failure))
    }

    /// The event of a panic in the adapter or the channel: it is unknown how far the attempt came, and a retry may
    /// panic again. `attempt` is `None` for a question that is not a message.
    pub fn closed_by_panic(&self, step: &str, attempt: Option<u32>, message: &str) -> Event {
        let message = match self.closing(step, 0, Timestamp::UNIX_EPOCH, 0.0) {
            Some(Closing { operation, .. }) => {
                let doubt = if operation.is_safe() {
                    ""
                } else {
                    ", and it is unknown whether the call was carried out"
                };
                let name = request::name(operation);
                self.redaction.text(&format!("the adapter panicked in `{name}`{doubt}: {message}"))
            }
            None => {
                let sent =
                    if attempt.is_some() { ", and it is unknown whether its message was sent" } else { "" };
                self.redaction.text(&format!("the channel of step `{step}` panicked{sent}: {message}"))
            }
        };
        Event::StepFailed { step: step.to_owned(), attempt, failure: failure::of(Cause::Panicked, message) }
    }

    /// The event of an attempt that was running when the process ended. A repeatable one is repeated at once,
    /// regardless of the retries left, because the provider did not fail.
    pub(super) fn interruption(&self, at: usize) -> Option<Command> {
        let task = self.tasks.get(at)?;
        let Phase::Running { attempt } = task.phase else { return None };
        let began = task.progress.last_began?;
        if let Some(sending) = self.sending(&task.name, attempt, began, 0.0) {
            return Some(Command::Record(sending.interrupted()));
        }
        let closing = self.closing(&task.name, attempt, began, 0.0);
        Some(Command::Record(
            closing.map_or_else(|| no_call(&task.name, attempt), |closing| closing.interrupted()),
        ))
    }

    fn closing(&self, step: &str, attempt: u32, now: Timestamp, jitter: f64) -> Option<Closing<'_>> {
        let task = self.tasks.get(self.task_of(step)?)?;
        let (plan, invoke) = self.invoke_of(task)?;
        let operation = plan.operation(invoke)?;
        let view = self.view(task)?;
        let departures = Vec::new();
        Some(Closing { run: self, task, attempt, plan, invoke, operation, view, departures, now, jitter })
    }
}

/// The failure of an attempt that this plan cannot have started.
fn no_call(step: &str, attempt: u32) -> Event {
    let failure = failure::of(Cause::Refused, format!("step `{step}` does not call an operation"));
    Event::StepFailed { step: step.to_owned(), attempt: Some(attempt), failure }
}

/// A finished attempt, with all that decides its outcome.
pub(super) struct Closing<'a> {
    pub(super) run: &'a Run,
    pub(super) task: &'a Task,
    pub(super) attempt: u32,
    pub(super) plan: &'a Plan,
    pub(super) invoke: &'a Invoke,
    pub(super) operation: &'a Operation,
    pub(super) view: View<'a>,
    /// The places where the response deviates from its description.
    pub(super) departures: Vec<Departure>,
    pub(super) now: Timestamp,
    jitter: f64,
}

impl Closing<'_> {
    /// The failure of a response whose body is too large, where the body is needed; it is not retried.
    fn without_body(&self) -> Event {
        let expected =
            self.departures.first().map(|departure| departure.expected.as_str()).unwrap_or_default();
        let name = request::name(self.operation);
        let message = format!("`{name}` was carried out, but its response cannot be read: {expected}");
        self.failed(failure::of(Cause::Unreadable, message))
    }

    fn polled(&self, poll: &Poll, status: u16, answer: Answer) -> Event {
        let met = poll.fail_when.as_ref().map_or(Ok(false), |condition| self.holds(condition, &answer));
        let failed = match met {
            Ok(true) => {
                let name = request::name(self.operation);
                let holds = |condition: &Expression| {
                    format!("`{condition}` is true{}", self.because(condition, &answer))
                };
                let holds = poll.fail_when.as_ref().map(holds).unwrap_or_default();
                Some(failure::of(Cause::Condition, format!("`{name}` responded, and {holds}")))
            }
            Ok(false) => None,
            Err(failure) => Some(failure),
        };
        match failed.map_or_else(|| self.holds(&poll.until, &answer), Err) {
            Ok(true) => self.expected(status, answer),
            Ok(false) => self.unmet(poll, &answer),
            Err(failure) => self.failed(failure),
        }
    }

    /// Success, if all conditions of `expect` hold.
    fn expected(&self, status: u16, answer: Answer) -> Event {
        match self.unexpected(&answer) {
            Some(failure) => self.failed(failure),
            None => self.succeeded(status, answer.into_body()),
        }
    }

    /// The failure of the first condition of `expect` that does not hold.
    pub(super) fn unexpected(&self, answer: &Answer) -> Option<Failure> {
        self.invoke.expect.iter().find_map(|condition| match self.holds(condition, answer) {
            Ok(true) => None,
            Ok(false) => {
                let name = request::name(self.operation);
                let because = self.because(condition, answer);
                let message = format!("`{name}` responded, but `{condition}` is false{because}");
                Some(failure::of(Cause::Condition, message))
            }
            Err(failure) => Some(failure),
        })
    }

    /// Whether a condition holds; an absent value counts as false.
    fn holds(&self, condition: &Expression, answer: &Answer) -> Result<bool, Failure> {
        match condition.evaluate_bounded(&View { response: Some(answer), ..self.view }, answer.size()) {
            Ok(Some(Value::Bool(held))) => Ok(held),
            Ok(None) => Ok(false),
            Ok(Some(_)) => Err(failure::of(Cause::Type, format!("`{condition}` is neither true nor false"))),
            Err(error) if failure::cause(&error) == Cause::Unresolved => Ok(false),
            Err(error) => {
                let mask = self.run.mask_of_evidence(self, answer);
                Err(failure::of(failure::cause(&error), mask.text(&error.to_string())))
            }
        }
    }

    /// The values that a condition found in a response, as the end of a sentence; empty if the condition says it all.
    fn because(&self, condition: &Expression, answer: &Answer) -> String {
        let mask = self.run.mask_of_evidence(self, answer);
        let view = View { response: Some(answer), ..self.view };
        let evidence = condition.evidence(&view, &|value| mask.value(value.clone()));
        if evidence.is_empty() { evidence } else { format!(": {evidence}") }
    }

    fn unmet(&self, poll: &Poll, answer: &Answer) -> Event {
        let deadline = self.deadline(poll);
        if self.now >= deadline {
            let message = format!(
                "timed out after {}: `{}` is still false; polled `{}` {}{}",
                naftiko_plan::duration(poll.timeout),
                poll.until,
                request::name(self.operation),
                times(self.attempt),
                self.because(&poll.until, answer),
            );
            return self.failed(failure::of(Cause::Deadline, message));
        }
        let pause = match self.run.options.poll_every {
            Some(every) => every,
            None => poll.every.wait_with(self.task.progress.rounds.saturating_add(1), self.jitter),
        };
        // The last poll happens at the deadline.
        self.delayed(later(self.now, pause.max(SHORTEST_PAUSE)).min(deadline), None)
    }

    fn answered_badly(&self, status: u16, answer: &Answer) -> Event {
        let mask = self.run.mask_of_answer(self.task, answer);
        let name = request::name(self.operation);
        let location = answer.header("location");
        let mut failure = failure::of_status(&name, status, location, answer.body(), &mask);
        if self.invoke.retry.covers_status(status)
            && self.is_repeatable()
            && self.has_attempts_left()
            && self.is_within_budget(&mut failure)
        {
            let asked = answer.header("retry-after").and_then(|header| retry_after::wait(header, self.now));
            return self.again(asked, failure);
        }
        self.failed(failure)
    }

    /// Whether a repeat has no second effect.
    pub(super) fn is_repeatable(&self) -> bool {
        self.operation.is_safe() || self.operation.idempotency_key.is_some()
    }

    /// Whether another attempt may follow this failed one. Every successful poll resets the count.
    pub(super) fn has_attempts_left(&self) -> bool {
        let in_time = self.invoke.poll.as_ref().is_none_or(|poll| self.now < self.deadline(poll));
        in_time && self.task.progress.failures.saturating_add(1) < self.invoke.retry.attempts
    }

    /// Whether the run may retry anything more. If not, this is added to the failure's message.
    pub(super) fn is_within_budget(&self, failure: &mut Failure) -> bool {
        let budget = &self.run.budget;
        if !self.run.is_budgeted(self.task) || !budget.is_spent() {
            return true;
        }
        let spent = format!("; not retried: the run has used its budget of {} retries", budget.all());
        failure.message.push_str(&spent);
        false
    }

    pub(super) fn again(&self, asked: Option<SignedDuration>, failure: Failure) -> Event {
        let count = self.task.progress.failures.saturating_add(1);
        let backoff = self.invoke.retry.backoff.wait_with(count, self.jitter);
        let until = later(self.now, backoff.max(asked.unwrap_or_default()));
        // Whatever pause the provider requests, the last attempt happens at the deadline.
        let until = self.invoke.poll.as_ref().map_or(until, |poll| until.min(self.deadline(poll)));
        self.delayed(until, Some(failure))
    }

    fn deadline(&self, poll: &Poll) -> Timestamp {
        deadline(&self.task.progress, poll, self.now)
    }

    pub(super) fn redaction(&self) -> &Redaction {
        &self.run.redaction
    }

    pub(super) fn succeeded(&self, status: u16, result: Arc<Value>) -> Event {
        Event::StepSucceeded {
            step: self.task.name.clone(),
            attempt: Some(self.attempt),
            status: Some(status),
            result,
            departures: self.departures.clone(),
            through: None,
        }
    }

    pub(super) fn delayed(&self, until: Timestamp, failure: Option<Failure>) -> Event {
        Event::StepDelayed { step: self.task.name.clone(), attempt: self.attempt, until, failure }
    }

    pub(super) fn failed(&self, failure: Failure) -> Event {
        Event::StepFailed { step: self.task.name.clone(), attempt: Some(self.attempt), failure }
    }

    /// Marks the attempt as in doubt, or as failed if the author chose `onDoubt: fail`.
    pub(super) fn in_doubt(&self, mut failure: Failure) -> Event {
        if self.invoke.on_doubt == OnDoubt::Fail {
            failure.message.push_str(
                "; it is unknown whether the call happened, and `onDoubt: fail` treats it as failed",
            );
            return self.failed(failure);
        }
        Event::StepInDoubt { step: self.task.name.clone(), attempt: self.attempt, failure }
    }
}

/// The deadline of a poll: counted from its first attempt, or from `now` if that is about to start.
pub(super) fn deadline(progress: &Progress, poll: &Poll, now: Timestamp) -> Timestamp {
    later(progress.first_began.unwrap_or(now), poll.timeout)
}

/// `pause` after `now`, never before `now` and never past the greatest timestamp.
pub(super) fn later(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.checked_add(pause.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX)
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
