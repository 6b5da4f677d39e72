//! Questions to people and systems outside, and the messages that carry them.
//!
//! A question at the terminal is put again when the run is resumed. A message is an effect: its intent is recorded
//! before it is sent, and its outcome afterwards. If the outcome is unknown, a receiver that recognizes repeats gets
//! the message again with its original id; for any other receiver the message is in doubt, and an operator has to
//! resolve it.

use std::time::SystemTime;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_adapter::{self as adapter, Answer, FailureKind, Question};
use naftiko_expr::{Budget, Template};
use naftiko_journal::{Cause, Event, Failure, Message, Phase, Through};
use naftiko_plan::{Channel, External, Retry, Step};
use serde_json::{Map, Value};

use super::close::later;
use super::redact::MASK;
use super::scope::View;
use super::task::Task;
use super::{Command, Run, failure, unanswered};

/// The values handed to a channel, by name.
type HandedOver = Map<String, Value>;

impl Run {
    /// Declares that the answers to these steps, by name, are available already: no message is sent for them, and the
    /// channel has the answer.
    pub fn answer_beforehand(&mut self, steps: impl IntoIterator<Item = String>) {
        self.answered_beforehand.extend(steps);
    }

    /// The event that an answer from outside leads to, for a question that is not a message; `None` if there is no
    /// answer yet.
    pub fn answered(&self, step: &str, answer: Result<Answer, adapter::Failure>) -> Option<Event> {
        let step = step.to_owned();
        match answer {
            Ok(Answer::Given(result)) => {
                let beforehand = self.answered_beforehand.contains(&step);
                let through = if beforehand { Through::Beforehand } else { Through::Prompt };
                let (attempt, status, through) = (None, None, Some(through));
                let (result, departures) = (result.into(), Vec::new());
                Some(Event::StepSucceeded { step, attempt, status, result, departures, through })
            }
            Ok(Answer::NotYet) => None,
            // The question is put again when the run is resumed.
            Err(error) if matches!(error.kind, FailureKind::LocalShortage | FailureKind::CutOff) => None,
            Err(error) => {
                let failure = failure::of(Cause::Answer, self.redaction.text(&error.message));
                Some(Event::StepFailed { step, attempt: None, failure })
            }
        }
    }

    /// The event that the end of sending a message leads to; `None` if the message was answered in the meantime.
    /// `jitter` is between 0 and 1.
    pub fn handed_over(
        &self,
        step: &str,
        attempt: u32,
        end: Result<Answer, adapter::Failure>,
        now: Timestamp,
        jitter: f64,
    ) -> Option<Event> {
        let task = self.tasks.get(self.task_of(step)?)?;
        if task.phase != (Phase::Running { attempt }) {
            return None;
        }
        let sending = self.sending(step, attempt, now, jitter)?;
        Some(match end {
            Ok(Answer::Given(result)) => sending.answered(result),
            Ok(Answer::NotYet) => sending.asked(),
            Err(error) => sending.failed_with(&error),
        })
    }

    /// The command that puts a question: at the terminal, or in a message whose intent is recorded first.
    pub(super) fn put(
        &self,
        task: &Task,
        step: &Step,
        external: &External,
        view: View<'_>,
        (attempt, now): (u32, Timestamp),
    ) -> Result<Command, Failure> {
        let sends = self.sends(task, external);
        let (handed_over, masked) = self.values(task, external, view)?;
        let until = match task.phase {
            Phase::Asked { until, .. } => until,
            _ if attempt > 1 => task.progress.answer_until,
            _ => external.timeout.map(|timeout| later(now, timeout)),
        };
        let question = Question {
            run: self.id().unwrap_or_default().to_owned(),
            step: task.name.clone(),
            id: format!("{}:{}", self.id().unwrap_or_default(), task.name),
            channel: if sends { external.channel } else { Channel::Prompt }.as_str().to_owned(),
            settings: if sends { self.settings(external, view)? } else { Map::new() },
            description: step.description.clone(),
            shown: if sends { handed_over } else { masked.clone() },
            result: external.result.clone(),
            until: until.map(SystemTime::from),
        };
        if !sends {
            return Ok(Command::Ask { question });
        }
        let message = Message {
            id: question.id.clone(),
            channel: question.channel.clone(),
            to: self.shown_receiver(task, external, &question),
            with: masked.into_iter().collect::<IndexMap<_, _>>(),
        };
        let intent = Event::MessageStarted { step: task.name.clone(), attempt, message, until };
        Ok(Command::Send { intent, question: Box::new(question) })
    }

    /// The redacted receiver of a message.
    fn shown_receiver(&self, task: &Task, external: &External, question: &Question) -> String {
        let setting = match external.channel {
            Channel::Prompt => "",
            Channel::Email => "to",
            Channel::Webhook => "url",
            Channel::Command => "command",
        };
        let texts = texts(question.settings.get(setting));
        let is_sensitive = |template| self.reads_sensitive_input(task.frame, template);
        match external.channel {
            _ if external.settings.get(setting).is_some_and(is_sensitive) => MASK.to_owned(),
            Channel::Webhook => {
                self.redaction.text(&texts.first().map(|url| origin(url)).unwrap_or_default())
            }
            // The arguments may contain sensitive values.
            Channel::Command => self.redaction.text(texts.first().copied().unwrap_or_default()),
            Channel::Prompt | Channel::Email => self.redaction.text(&texts.join(", ")),
        }
    }

    /// Whether a task sends a message: not in a dry run, and not if its answer is available already.
    fn sends(&self, task: &Task, external: &External) -> bool {
        external.channel.sends() && !self.options.mock && !self.answered_beforehand.contains(&task.name)
    }

    /// The values to hand over, exact and redacted. If the author did not choose them, both forms are redacted.
    fn values(
        &self,
        task: &Task,
        external: &External,
        view: View<'_>,
    ) -> Result<(HandedOver, HandedOver), Failure> {
        let Some(with) = &external.with else {
            let all = self.all_so_far(task, view);
            return Ok((all.clone(), all));
        };
        let (mut exact, mut masked) = (Map::new(), Map::new());
        let budget = Budget::default();
        for (name, template) in with {
            let value = self.evaluated(name, "`with`", template, view, &budget)?;
            let is_sensitive = self.reads_sensitive_input(task.frame, template);
            // A provider may have echoed a sensitive value.
            let shown = if is_sensitive { MASK.into() } else { self.redaction.value(&value) };
            masked.insert(name.clone(), shown);
            exact.insert(name.clone(), value);
        }
        Ok((exact, masked))
    }

    fn settings(&self, external: &External, view: View<'_>) -> Result<Map<String, Value>, Failure> {
        let what = format!("the channel `{}`", external.channel.as_str());
        let settings = external.settings.iter();
        let budget = Budget::default();
        settings
            .map(|(name, template)| Ok((name.clone(), self.evaluated(name, &what, template, view, &budget)?)))
            .collect()
    }

    fn evaluated(
        &self,
        name: &str,
        what: &str,
        template: &Template,
        view: View<'_>,
        budget: &Budget,
    ) -> Result<Value, Failure> {
        template.evaluate_within(&view, budget).map_err(|error| {
            let message = format!("`{name}` of {what}: {error}");
            failure::of(failure::cause(&error), self.redaction.text(&message))
        })
    }

    /// The message that a task is sending; `None` for a task that sends none.
    pub(super) fn sending(
        &self,
        step: &str,
        attempt: u32,
        now: Timestamp,
        jitter: f64,
    ) -> Option<Sending<'_>> {
        let task = self.tasks.get(self.task_of(step)?).filter(|task| !task.is_compensation())?;
        Some(Sending { run: self, task, external: self.external_of(task)?, attempt, now, jitter })
    }
}

/// The texts of a setting that is a string or a list of strings.
fn texts(setting: Option<&Value>) -> Vec<&str> {
    match setting {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Scheme, host and port of a URL; the rest may be as sensitive as a key.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// A message being sent, with all that decides its outcome.
pub(super) struct Sending<'a> {
    run: &'a Run,
    task: &'a Task,
    external: &'a External,
    attempt: u32,
    now: Timestamp,
    jitter: f64,
}

impl Sending<'_> {
    fn answered(&self, result: Value) -> Event {
        Event::StepSucceeded {
            step: self.task.name.clone(),
            attempt: Some(self.attempt),
            status: None,
            result: result.into(),
            departures: Vec::new(),
            through: Some(Through::Command),
        }
    }

    fn asked(&self) -> Event {
        let until = self.task.progress.answer_until;
        Event::StepAsked { step: self.task.name.clone(), attempt: Some(self.attempt), until }
    }

    fn failed_with(&self, error: &adapter::Failure) -> Event {
        let what = self.external.channel.as_str();
        let (cause, how) = match error.kind {
            FailureKind::Refused => (Cause::Refused, "was not sent"),
            FailureKind::NotSent => (Cause::NotSent, "was not accepted"),
            FailureKind::Unknown => (Cause::NoAnswer, "was sent, and it is unknown whether it arrived"),
            FailureKind::Unreadable | FailureKind::Unusable => {
                (Cause::Answer, "was answered, but the answer is invalid")
            }
            FailureKind::LocalShortage => (Cause::LocalShortage, "was not sent"),
            FailureKind::CutOff => (Cause::Interrupted, "was interrupted before its delivery was confirmed"),
        };
        let message = format!("the {what} of `{}` {how}: {}", self.task.name, error.message);
        let failure = failure::of(cause, self.run.redaction.text(&message));
        let is_repeatable = self.external.channel.is_repeatable();
        let may_pass = match error.kind {
            FailureKind::Refused | FailureKind::Unreadable | FailureKind::Unusable => false,
            FailureKind::NotSent => true,
            FailureKind::Unknown => is_repeatable,
            FailureKind::LocalShortage => return self.lacking(failure),
            FailureKind::CutOff if is_repeatable => return self.lacking(failure),
            FailureKind::CutOff => return self.in_doubt(failure),
        };
        if may_pass && self.has_attempts_left() {
            let count = self.task.progress.failures.saturating_add(1);
            let pause = Retry::default().backoff.wait_with(count, self.jitter);
            return self.delayed(later(self.now, pause), failure);
        }
        if error.kind == FailureKind::Unknown { self.in_doubt(failure) } else { self.failed(failure) }
    }

    /// Another attempt follows once the missing resource may be available; this one does not count as a failure.
    fn lacking(&self, failure: Failure) -> Event {
        let pause = unanswered::pause(self.task.progress.shortages);
        self.delayed(later(self.now, pause), failure)
    }

    /// The process ended while the message was being sent.
    pub(super) fn interrupted(&self) -> Event {
        let what = self.external.channel.as_str();
        let message = format!(
            "the {what} of `{}` was started, and the run was interrupted before its delivery was confirmed",
            self.task.name
        );
        let failure = failure::of(Cause::Interrupted, message);
        if self.external.channel.is_repeatable() {
            self.delayed(self.now, failure)
        } else {
            self.in_doubt(failure)
        }
    }

    fn has_attempts_left(&self) -> bool {
        let in_time = self.task.progress.answer_until.is_none_or(|until| self.now < until);
        in_time && self.task.progress.failures.saturating_add(1) < Retry::default().attempts
    }

    fn delayed(&self, until: Timestamp, failure: Failure) -> Event {
        let failure = Some(failure);
        Event::StepDelayed { step: self.task.name.clone(), attempt: self.attempt, until, failure }
    }

    fn failed(&self, failure: Failure) -> Event {
        Event::StepFailed { step: self.task.name.clone(), attempt: Some(self.attempt), failure }
    }

    fn in_doubt(&self, failure: Failure) -> Event {
        Event::StepInDoubt { step: self.task.name.clone(), attempt: self.attempt, failure }
    }
}
