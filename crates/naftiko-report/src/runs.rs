//! Runs that are kept: a list of them, and one of them whole.

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

/// A run in a list.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its id.
    pub run: String,
    /// The name of the composition.
    pub composition: String,
    /// How it stands.
    pub status: Status,
    /// When it began.
    pub created: Timestamp,
    /// When its last event was.
    pub updated: Timestamp,
    /// From when on it has something to do by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How many events it has.
    pub events: u64,
    /// The process that drives it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// Whether it has a record, or a process that is about to write the first one. Otherwise nothing was sent for it, and
    /// nothing ever will be.
    #[serde(skip_serializing_if = "is_true")]
    pub begun: bool,
}

impl Listed {
    /// Its status in words.
    fn word(&self) -> &'static str {
        match (self.status, self.process) {
            (Status::Running, None) if !self.begun => "never began",
            // Nobody drives it: it was stopped, or its process was killed.
            (Status::Running, None) => "interrupted",
            (status, _) => status.as_str(),
        }
    }
}

/// Runs as lines, the first as it comes; nothing if there are none.
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

/// A run, whole.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// What a list says of it.
    #[serde(flatten)]
    pub listed: Listed,
    /// The inputs that are kept.
    pub inputs: serde_json::Map<String, Value>,
    /// The names of inputs that are sensitive and not kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// What has come up so far, in the order of the plan.
    pub steps: Vec<ShownStep>,
    /// The outputs, of a run that succeeded.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Value>,
    /// Why it failed, where no step says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// A step of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownStep {
    /// Its name.
    pub step: String,
    /// How it stands: `pending`, `running`, `delayed`, `asked`, `open`, `in-doubt`, `skipped`, `succeeded`, `failed`.
    pub phase: &'static str,
    /// How many attempts were made.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub attempts: u32,
    /// When the next attempt is due, or until when an answer is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What it does, in the author's words, of one that waits for somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of the answer, of one that waits for somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// What the last attempt sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The message that was handed over, and to whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// When somebody outside was asked: when the question was put, or the message handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// When the answer from outside came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// How it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
    /// Its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Arc<Value>>,
    /// Where the result is not as its description says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// Why it failed, is in doubt or is made again.
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
    /// The run that these records tell of, as they may be shown. Its ledger has taken them.
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
        // What a step consists of stands behind it.
        let roots: IndexMap<String, ()> =
            shown.steps.iter().map(|step| (root(&step.step).to_owned(), ())).collect();
        shown.steps.sort_by_key(|step| roots.get_index_of(root(&step.step)));
        shown
    }

    /// The run as lines.
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
            printable!(", made {}\n", minute(*created))
        } else {
            printable!(", began {}, last event {}\n", minute(*created), minute(*updated))
        });
        for (name, value) in &self.inputs {
            text.push(&printable!("  {} {} = {}\n", style.dim("input"), name, value));
        }
        for name in &self.withheld {
            text.push(&printable!("  {} {} is sensitive and not kept\n", style.dim("input"), name));
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

/// The step of the plan that a name belongs to.
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

    /// Who was asked, when and through what, and how the answer came.
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

/// The events of a run as lines, as they may be shown.
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
            let why = failure.as_ref().map_or("not there yet", |failure| failure.message.as_str());
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
                attempt.map(|_| "handed over".to_owned()).into_iter().chain(until).collect();
            (!said.is_empty()).then(|| said.join(", "))
        }
        Event::StepOpened { items, .. } => items.map(|items| format!("{items} items")),
        Event::RunCancelled { compensate } => compensate.then(|| "and undone".to_owned()),
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

/// A time to the minute, in UTC.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
