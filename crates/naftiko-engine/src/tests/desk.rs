//! A harness that advances a run by hand.

use std::collections::VecDeque;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_adapter::{Answer, Call, Failure, FailureKind, Question, Response};
use naftiko_journal::{Event, Options, Phase, Record, Standing};
use naftiko_plan::Plan;
use serde_json::{Map, Value};

use crate::{Command, Intervention, Refused, Run};

pub(super) fn object(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("not an object: {value}") };
    fields
}

pub(super) fn start() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

pub(super) fn response(status: u16, body: Value) -> Response {
    Response::new(status, IndexMap::new(), body)
}

/// A run, its records, and a clock that the test sets.
pub(super) struct Desk {
    pub(super) run: Run,
    pub(super) records: Vec<Record>,
    pub(super) now: Timestamp,
    /// The calls and questions that were handed out and have not started.
    pub(super) calls: VecDeque<(Event, Box<Call>)>,
    pub(super) questions: VecDeque<Question>,
    /// The messages being sent.
    pub(super) messages: VecDeque<Question>,
}

impl Desk {
    /// A run that has started.
    pub(super) fn begin(plan: &Arc<Plan>, inputs: Value) -> Self {
        Self::begin_with(plan, inputs, Options::default())
    }

    pub(super) fn begin_with(plan: &Arc<Plan>, inputs: Value, options: Options) -> Self {
        let run = Run::new(Arc::clone(plan), object(inputs));
        let started = run.started(options);
        let (calls, questions, messages) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        let mut desk = Self { run, records: vec![], now: start(), calls, questions, messages };
        desk.record(started);
        desk
    }

    /// The process ends, and another one resumes from the records.
    pub(super) fn resume(&mut self, inputs: Value) {
        self.run = Run::replay(Arc::clone(self.run.plan()), object(inputs), &self.records).unwrap();
        self.calls.clear();
        self.questions.clear();
        self.messages.clear();
    }

    pub(super) fn record(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let record = Record { run: "run-1".into(), seq, at: self.now, event };
        self.run.apply(&record).unwrap();
        self.records.push(record);
    }

    /// Records all pending decisions, and collects the calls and questions to start.
    pub(super) fn decide(&mut self) {
        loop {
            let mut commands = self.run.commands(self.now);
            if commands.is_empty() {
                commands = self.run.due(self.now);
            }
            if commands.is_empty() {
                return;
            }
            for command in commands {
                match command {
                    Command::Record(event) => self.record(event),
                    Command::Invoke { intent, call } => self.calls.push_back((intent, call)),
                    Command::Ask { question } => self.questions.push_back(question),
                    Command::Send { intent, question } => {
                        self.record(intent);
                        self.messages.push_back(*question);
                    }
                }
            }
        }
    }

    /// The next decision, which is not recorded.
    pub(super) fn decision(&mut self) -> Event {
        let [Command::Record(event)] = &self.run.commands(self.now)[..] else { panic!("nothing is decided") };
        event.clone()
    }

    /// The next call that may start, with its intent recorded.
    pub(super) fn call(&mut self) -> Call {
        self.decide();
        let next = self.calls.iter().position(|(_, call)| self.run.may_begin(&call.step));
        let (intent, call) = next.and_then(|next| self.calls.remove(next)).expect("no call comes next");
        self.record(intent);
        *call
    }

    /// The next call of this step, with its intent recorded.
    pub(super) fn call_of(&mut self, step: &str) -> Call {
        self.decide();
        let next = self.calls.iter().position(|(_, call)| call.step == step);
        let (intent, call) = self.calls.remove(next.unwrap_or_else(|| panic!("no call of {step}"))).unwrap();
        assert!(self.run.may_begin(step), "{step} may not begin");
        self.record(intent);
        *call
    }

    /// The next attempt of a delayed step, started when it is due.
    pub(super) fn call_again(&mut self) -> Call {
        self.decide();
        assert!(self.calls.is_empty(), "something need not wait");
        self.now = self.now.max(self.run.next_due().expect("nothing waits"));
        self.call()
    }

    /// The next attempt of any step, started when it is due.
    pub(super) fn call_again_or_at_once(&mut self) -> Call {
        self.decide();
        if self.calls.is_empty() {
            return self.call_again();
        }
        self.call()
    }

    /// The next question, recorded before it is put.
    pub(super) fn question(&mut self) -> Question {
        self.decide();
        self.questions.pop_front().expect("nobody is asked")
    }

    /// The next message, with its intent recorded.
    pub(super) fn message(&mut self) -> Question {
        self.decide();
        self.messages.pop_front().expect("no message comes next")
    }

    /// The record for the end of sending a message, with the greatest jitter.
    pub(super) fn handed_over(&mut self, step: &str, end: Result<Answer, FailureKind>) -> Event {
        let Some(Phase::Running { attempt }) = self.run.ledger().step(step) else { panic!("{step} waits") };
        let end = end.map_err(|kind| Failure::new(kind, "because"));
        let event = self.run.handed_over(step, attempt, end, self.now, 1.0).unwrap();
        self.record(event.clone());
        event
    }

    /// The record for a response, with the greatest jitter.
    pub(super) fn answer(&mut self, call: &Call, response: Response) -> Event {
        let event = self.run.closed_by_response(&call.step, call.attempt, response, self.now, 1.0);
        self.record(event.clone());
        event
    }

    /// The record for a failed call.
    pub(super) fn fail(&mut self, call: &Call, kind: FailureKind) -> Event {
        let failure = Failure::new(kind, "because");
        let event = self.run.closed_by_failure(&call.step, call.attempt, &failure, self.now, 1.0);
        self.record(event.clone());
        event
    }

    /// Makes the next call, answered with this body.
    pub(super) fn done(&mut self, step: &str, body: Value) {
        let call = self.call_of(step);
        self.answer(&call, response(200, body));
    }

    /// Makes the next call, answered with an error that is not retried.
    pub(super) fn failed(&mut self, step: &str) {
        let call = self.call_of(step);
        self.answer(&call, response(400, Value::Null));
    }

    /// Answers a question.
    pub(super) fn reply(&mut self, step: &str, result: Value) {
        let event = self.run.answered(step, Ok(Answer::Given(result))).unwrap();
        self.record(event);
    }

    /// Applies an intervention; returns its record.
    pub(super) fn intervene(&mut self, intervention: &Intervention) -> Result<Option<Event>, Refused> {
        let event = self.run.intervened(intervention)?;
        if let Some(event) = &event {
            self.record(event.clone());
        }
        Ok(event)
    }

    /// The steps that may be called now.
    pub(super) fn callable(&mut self) -> Vec<String> {
        self.decide();
        let may_begin = self.calls.iter().filter(|(_, call)| self.run.may_begin(&call.step));
        may_begin.map(|(_, call)| call.step.clone()).collect()
    }

    /// The status of the run, and when it next has work, as text.
    pub(super) fn stands(&mut self) -> String {
        self.decide();
        standing(self.run.standing())
    }

    /// All records since the start of the run, in short.
    pub(super) fn told(&self) -> String {
        let told: Vec<String> = self.records.iter().skip(1).map(|record| told(&record.event)).collect();
        told.join("\n")
    }
}

pub(super) fn standing(standing: Standing) -> String {
    let seconds = |due: Timestamp| format!(" from {}s", due.duration_since(start()).as_secs_f64());
    format!("{}{}", standing.status.as_str(), standing.due.map(seconds).unwrap_or_default())
}

/// A summary of an event: its name, and its reason or due time.
pub(super) fn said(event: &Event) -> String {
    match event {
        Event::StepDelayed { until, failure, .. } => {
            let failure =
                failure.as_ref().map(|failure| format!(" ({})", failure.message)).unwrap_or_default();
            format!("stepDelayed {}s{failure}", until.duration_since(start()).as_secs_f64())
        }
        Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
            format!("{} {:?}: {}", event.name(), failure.cause, failure.message)
        }
        other => other.name().to_owned(),
    }
}

/// An event in JSON, without the request of an intent.
pub(super) fn told(event: &Event) -> String {
    let mut json = serde_json::to_value(event).unwrap();
    if let Some(request) = json.get_mut("request") {
        *request = request["arguments"].take();
    }
    let name = json.as_object_mut().unwrap().shift_remove("event").unwrap();
    format!("{} {json}", name.as_str().unwrap())
}
