//! Renders stored runs: a list of runs, one run in full, and its events.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use naftiko_journal::{
    Departure, Event, Failure, Ledger, Message, Phase, Record, Request, Ruling, Status, Through,
};
use naftiko_text::{Printable, join, printable};
use serde::Serialize;
use serde_json::Value;

use crate::Style;
use crate::progress::departed;

/// A run as an entry of a list.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The id of the run.
    pub run: String,
    /// The name of the composition.
    pub composition: String,
    /// The status of the run.
    pub status: Status,
    /// The time at which the run was created.
    pub created: Timestamp,
    /// The time of its last event.
    pub updated: Timestamp,
    /// The time at which the run can next continue without an answer from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The number of its events.
    pub events: u64,
    /// The id of the process that drives the run now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// Whether the run has a record, or a process that is about to write the first one. If not, nothing was ever sent
    /// for it and nothing will be.
    #[serde(skip_serializing_if = "is_true")]
    pub begun: bool,
}

impl Listed {
    /// The status in words.
    fn word(&self) -> &'static str {
        match (self.status, self.process) {
            (Status::Running, None) if !self.begun => "never started",
            // No process drives the run: it was stopped or killed.
            (Status::Running, None) => "interrupted",
            (status, _) => status.as_str(),
        }
    }
}

/// Renders runs as lines in the given order; empty if there are none.
pub fn runs(listed: &[Listed], style: Style) -> Printable {
    let mut text = Printable::new();
    if listed.is_empty() {
        return text;
    }
    let head = format!("{:36}  {:12}  {:16}  composition", "run", "status", "last event, UTC");
    text.push(&style.dim(Printable::from(head) + &"\n".into()));
    for run in listed {
        let status = colored(run.status, Printable::from(run.word()).padded(12), style);
        let id = printable!("{}", run.run).padded(36);
        text.push(&printable!("{}  {}  {}  {}\n", id, status, minute(run.updated), run.composition));
    }
    text
}

/// A run in full.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// The fields that the list shows too.
    #[serde(flatten)]
    pub listed: Listed,
    /// The inputs that are stored.
    pub inputs: serde_json::Map<String, Value>,
    /// The names of the sensitive inputs, which are not stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// The steps that have come up so far, in the order of the plan.
    pub steps: Vec<ShownStep>,
    /// The outputs of a run that succeeded.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Arc<Value>>,
    /// The failure of the run, if it is not the failure of a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// A step of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownStep {
    /// The name of the step.
    pub step: String,
    /// The phase: `pending`, `running`, `delayed`, `asked`, `open`, `in-doubt`, `skipped`, `succeeded` or `failed`.
    pub phase: &'static str,
    /// The number of attempts so far.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub attempts: u32,
    /// The time of the next attempt, or the deadline for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The author's description of a step that waits for an answer from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of the answer that a step waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// The request of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The message of the last attempt and its recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The time at which the question was put, or the message delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// The time at which the answer from outside arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// The channel of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
    /// The result of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Arc<Value>>,
    /// The deviations of the result from its description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// The reason why the step failed, is in doubt or is retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none_yet(attempts: &u32) -> bool {
    *attempts == 0
}

impl Shown {
    /// Builds the view of a run from its redacted records. `ledger` must already have folded these records.
    pub fn new(listed: Listed, ledger: &Ledger, records: &[Record]) -> Self {
        let mut shown = Self {
            listed,
            inputs: serde_json::Map::new(),
            withheld: Vec::new(),
            steps: Vec::new(),
            outputs: IndexMap::new(),
            failure: None,
        };
        let mut steps: IndexMap<&str, ShownStep> =
            ledger.steps().map(|(name, phase)| (name, ShownStep::standing(name, phase))).collect();
        for record in records {
            match &record.event {
                Event::RunStarted { inputs, withheld, .. } => {
                    shown.inputs.clone_from(inputs);
                    shown.withheld.clone_from(withheld);
                }
                Event::RunFinished { outputs, failure, .. } => {
                    shown.outputs.clone_from(outputs);
                    shown.failure.clone_from(failure);
                }
                event => {
                    if let Some(step) = event.step().and_then(|name| steps.get_mut(name)) {
                        step.note(event, record.at);
                    }
                }
            }
        }
        shown.steps = steps.into_values().collect();
        // Inner steps are sorted behind the step that they belong to.
        let roots: IndexMap<String, ()> =
            shown.steps.iter().map(|step| (root(&step.step).to_owned(), ())).collect();
        shown.steps.sort_by_key(|step| roots.get_index_of(root(&step.step)));
        shown
    }

    /// Renders the run as lines.
    pub fn text(&self, style: Style) -> Printable {
        let Listed { run, composition, status, created, updated, due, .. } = &self.listed;
        let mut text = printable!("{}  {}\n", composition, style.dim(run.clone()));
        text.push(&colored(*status, self.listed.word().into(), style));
        if let Some(process) = self.listed.process {
            text.push(&printable!(" (process {})", process));
        }
        if let Some(due) = due.filter(|_| *status == Status::Waiting) {
            text.push(&printable!(" until {}", minute(due)));
        }
        text.push(&if self.listed.events == 0 {
            printable!(", created {}\n", minute(*created))
        } else {
            printable!(", started {}, last event {}\n", minute(*created), minute(*updated))
        });
        for (name, value) in &self.inputs {
            text.push(&printable!("  {} {} = {}\n", style.dim("input"), name, value));
        }
        for name in &self.withheld {
            text.push(&printable!("  {} {} is sensitive and not stored\n", style.dim("input"), name));
        }
        let width = self.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or_default();
        for step in &self.steps {
            text.push(&step.text(width, style));
        }
        if let Some(failure) = &self.failure {
            text.push_line(&style.bad(failure.message.clone()));
        }
        for (name, value) in &self.outputs {
            text.push(&printable!("  {} {} = {}\n", style.dim("output"), name, value));
        }
        text
    }
}

/// The id of the plan step that a name such as `a[0]/b` belongs to.
fn root(name: &str) -> &str {
    name.split(['[', '/', ':']).next().unwrap_or(name)
}

impl ShownStep {
    fn standing(name: &str, phase: Phase) -> Self {
        let (phase, until) = match phase {
            Phase::Pending => ("pending", None),
            Phase::Running { .. } => ("running", None),
            Phase::Delayed { until, .. } => ("delayed", Some(until)),
            Phase::Asked { until, .. } => ("asked", until),
            Phase::Open { .. } => ("open", None),
            Phase::InDoubt { .. } => ("in-doubt", None),
            Phase::Skipped => ("skipped", None),
            Phase::Succeeded => ("succeeded", None),
            Phase::Failed { .. } => ("failed", None),
        };
        Self {
            step: name.to_owned(),
            phase,
            attempts: 0,
            until,
            description: None,
            answer: None,
            request: None,
            message: None,
            asked: None,
            answered: None,
            through: None,
            result: None,
            departures: Vec::new(),
            failure: None,
        }
    }

    fn note(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::AttemptStarted { attempt, request, .. } => {
                self.attempts = *attempt;
                self.request = Some(request.clone());
            }
            Event::MessageStarted { attempt, message, .. } => {
                self.attempts = *attempt;
                self.message = Some(message.clone());
            }
            Event::StepAsked { .. } => {
                self.asked = Some(at);
                self.failure = None;
            }
            Event::StepSucceeded { result, through, departures, .. } => {
                self.result = Some(Arc::clone(result));
                self.failure = None;
                self.through = *through;
                self.answered = through.map(|_| at);
                self.departures.clone_from(departures);
            }
            Event::DoubtResolved { ruling: Ruling::Happened { result }, .. } => {
                self.result = Some(Arc::new(result.clone()));
                self.failure = None;
            }
            Event::StepDelayed { failure, .. } => self.failure.clone_from(failure),
            Event::PageReceived { .. } | Event::DoubtResolved { ruling: Ruling::HandedOver { .. }, .. } => {
                self.failure = None;
            }
            Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
                self.failure = Some(failure.clone());
            }
            _ => {}
        }
    }

    fn text(&self, width: usize, style: Style) -> Printable {
        let word = Printable::from(self.phase).padded(9);
        let word = match self.phase {
            "succeeded" => style.good(word),
            "failed" | "in-doubt" => style.bad(word),
            "pending" | "skipped" => style.dim(word),
            _ => style.busy(word),
        };
        let request = self.request.as_ref().map(|request| format!("{} {}", request.method, request.path));
        let mut details: Vec<String> = request.into_iter().chain(self.told()).collect();
        if self.attempts > 1 {
            details.push(format!("{} attempts", self.attempts));
        }
        details.extend(self.until.map(|until| format!("until {}", minute(until))));
        details.extend(self.result.as_ref().and_then(|result| result.get("id")?.as_str()).map(str::to_owned));
        let name = printable!("{}", self.step).padded(width);
        let mut lines =
            printable!("  {}  {}  {}", word, name, details.join(", ")).trimmed_end() + &"\n".into();
        let mut below = |line: &Printable| lines.push(&printable!("             {}\n", line));
        if let Some(failure) = &self.failure {
            below(&style.bad(failure.message.clone()));
        }
        if let Some(departed) = departed(&self.departures) {
            below(&style.dim(departed));
        }
        if let Some(description) = &self.description {
            below(&printable!("{}", description));
        }
        if let Some(answer) = &self.answer {
            below(&printable!("answer: {}", answer));
        }
        let sent = match (&self.request, &self.message) {
            (Some(request), _) if self.phase == "in-doubt" => Some(&request.arguments),
            (_, Some(message)) if matches!(self.phase, "in-doubt" | "asked") => Some(&message.with),
            _ => None,
        };
        for (argument, value) in sent.into_iter().flatten() {
            below(&printable!("{} = {}", argument, value));
        }
        lines
    }

    /// The recipient and time of the message, and the channel and time of the answer.
    fn told(&self) -> impl Iterator<Item = String> {
        let asked = self.message.as_ref().map(|message| {
            let when = self.asked.map(|asked| format!(" at {}", minute(asked))).unwrap_or_default();
            format!("{} to {}{when}", message.channel, message.to)
        });
        let answered = self.through.zip(self.answered);
        let answered =
            answered.map(|(through, at)| format!("{} at {}", crate::progress::answered(through), minute(at)));
        asked.into_iter().chain(answered)
    }
}

/// Renders the redacted events of a run as lines.
pub fn events(records: &[Record], style: Style) -> Printable {
    let mut text = Printable::new();
    for record in records {
        let event = &record.event;
        let number = printable!("{}", record.seq).padded_left(5);
        let at = style.dim(format!("{:.3}", record.at));
        let name = Printable::from(event.name()).padded(14);
        let step = event.step().map(|step| printable!("{}", step));
        let parts = [Some(number), Some(at), Some(name), step, detail(event).map(Printable::from)];
        text.push_line(&join(parts.iter().flatten(), "  "));
    }
    text
}

fn detail(event: &Event) -> Option<String> {
    match event {
        Event::RunStarted { composition, .. } => Some(composition.clone()),
        Event::AttemptStarted { attempt, request, .. } => {
            Some(format!("{} {}, attempt {attempt}", request.method, request.path))
        }
        Event::MessageStarted { attempt, message, until, .. } => {
            let names: Vec<&str> = message.with.keys().map(String::as_str).collect();
            let with = if names.is_empty() { String::new() } else { format!(", with {}", names.join(", ")) };
            let until = until.map(|until| format!(", to be answered until {until:.3}")).unwrap_or_default();
            Some(format!("{} to {}{with}, attempt {attempt}{until}", message.channel, message.to))
        }
        Event::StepSucceeded { status, through, departures, .. } => {
            let answered = || through.map(|through| crate::progress::answered(through).to_owned());
            let status = status.map(|status| status.to_string()).or_else(answered);
            let parts = status.into_iter().chain(departed(departures));
            Some(parts.collect::<Vec<_>>().join("; ")).filter(|said| !said.is_empty())
        }
        Event::StepDelayed { until, failure, .. } => {
            let why = failure.as_ref().map_or("condition not met yet", |failure| failure.message.as_str());
            Some(format!("until {until:.3}: {why}"))
        }
        Event::PageReceived { items, .. } => Some(format!("{} items", items.len())),
        Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
            Some(failure.message.clone())
        }
        Event::DoubtResolved { ruling, .. } => Some(match ruling {
            Ruling::Happened { .. } => "it happened".to_owned(),
            Ruling::HandedOver { .. } => "it arrived".to_owned(),
            Ruling::DidNotHappen => "it did not happen".to_owned(),
        }),
        Event::StepAsked { until, attempt, .. } => {
            let until = until.map(|until| format!("until {until:.3}"));
            let said: Vec<String> =
                attempt.map(|_| "accepted by the receiver".to_owned()).into_iter().chain(until).collect();
            (!said.is_empty()).then(|| said.join(", "))
        }
        Event::StepOpened { items, .. } => items.map(|items| format!("{items} items")),
        Event::RunCancelled { compensate } => compensate.then(|| "and compensated".to_owned()),
        Event::RunFinished { status, failure, .. } => {
            let why = failure.as_ref().map(|failure| format!(": {}", failure.message)).unwrap_or_default();
            Some(format!("{}{why}", status.as_str()))
        }
        Event::StepSkipped { .. } => None,
    }
}

fn colored(status: Status, text: Printable, style: Style) -> Printable {
    match status {
        Status::Succeeded => style.good(text),
        Status::Failed | Status::InDoubt | Status::Compensating => style.bad(text),
        Status::Running | Status::Waiting | Status::Compensated => style.busy(text),
        Status::Cancelled => style.dim(text),
    }
}

/// A time in UTC, to the minute.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
