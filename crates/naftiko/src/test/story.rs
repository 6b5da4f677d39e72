//! The snapshot of a run: its outcome, outputs, requests and events, without times.

use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use naftiko_journal::{Event, Failure, Record, Status};
use naftiko_plan::duration;
use serde_json::{Map, Value};

use crate::test::requests;
use crate::test::trial::Rest;

/// Renders the snapshot of a run.
pub(super) fn tell(rest: &Rest<'_>) -> Value {
    let mut story = Map::new();
    story.insert("outcome".to_owned(), rest.status.as_str().into());
    let outputs = shown_outputs(rest.records);
    if !outputs.is_empty() {
        story.insert("outputs".to_owned(), Value::Object(outputs));
    }
    story.insert("requests".to_owned(), requests::shown(&rest.requests).into());
    story.insert("events".to_owned(), events(rest.records).into());
    Value::Object(story)
}

/// The redacted outputs of a run.
pub(super) fn shown_outputs(records: &[Record]) -> Map<String, Value> {
    let finished = records.iter().rev().find_map(|record| match &record.event {
        Event::RunFinished { outputs, .. } => Some(outputs.clone()),
        _ => None,
    });
    finished
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name, Arc::unwrap_or_clone(value)))
        .collect()
}

/// The events, one per line. Consecutive waits of a step are combined to one line, with their number and total time.
fn events(records: &[Record]) -> Vec<String> {
    let mut told = Telling::default();
    for record in records {
        told.take(record);
    }
    told.lines
}

#[derive(Default)]
struct Telling {
    lines: Vec<String>,
    /// The steps that are waiting, with the waits so far.
    waits: IndexMap<String, Wait>,
}

/// The consecutive waits of a step for one reason.
struct Wait {
    why: String,
    times: u32,
    long: SignedDuration,
}

impl Telling {
    fn take(&mut self, record: &Record) {
        match &record.event {
            // Attempts are shown as requests, so their starts are not repeated here.
            Event::RunStarted { .. } | Event::AttemptStarted { .. } | Event::MessageStarted { .. } => {}
            Event::StepDelayed { step, until, failure, .. } => {
                self.wait(step, failure.as_ref(), *until, record.at);
            }
            Event::StepSucceeded { step, status, .. } => {
                let status = status.map(|status| format!(", {status}")).unwrap_or_default();
                self.tell(step, &format!("succeeded{status}"));
            }
            Event::PageReceived { step, items, .. } => {
                let items = items.len();
                self.tell(
                    step,
                    &format!("had a page of {items} {}", if items == 1 { "item" } else { "items" }),
                );
            }
            Event::StepFailed { step, failure, .. } => {
                self.tell(step, &format!("failed: {}", failure.message));
            }
            Event::StepInDoubt { step, failure, .. } => {
                self.tell(step, &format!("in doubt: {}", failure.message));
            }
            Event::DoubtResolved { step, .. } => self.tell(step, "no longer in doubt"),
            Event::StepAsked { step, .. } => self.tell(step, "asked"),
            Event::StepSkipped { step } => self.tell(step, "skipped"),
            Event::StepOpened { step, items: Some(1) } => self.tell(step, "begun for 1 item"),
            Event::StepOpened { step, items: Some(items) } => {
                self.tell(step, &format!("begun for {items} items"));
            }
            Event::StepOpened { step, items: None } => self.tell(step, "begun"),
            Event::RunCancelled { .. } => self.lines.push("the run is cancelled".to_owned()),
            Event::RunFinished { status, failure, .. } => self.finish(*status, failure.as_ref()),
        }
    }

    fn wait(&mut self, step: &str, failure: Option<&Failure>, until: Timestamp, at: Timestamp) {
        let why = failure.map_or_else(String::new, |failure| format!(": {}", failure.message));
        if self.waits.get(step).is_some_and(|wait| wait.why != why) {
            self.waited(step);
        }
        let wait = self.waits.entry(step.to_owned()).or_insert_with(|| Wait {
            why,
            times: 0,
            long: SignedDuration::ZERO,
        });
        wait.times += 1;
        wait.long = wait.long.saturating_add(until.duration_since(at));
    }

    /// Writes the line about the waits of a step, if there were any.
    fn waited(&mut self, step: &str) {
        let Some(Wait { why, times, long }) = self.waits.shift_remove(step) else { return };
        let mut line = format!("{step} waited {}", duration(long));
        if times > 1 {
            let _ = write!(line, " in {times} turns");
        }
        self.lines.push(line + &why);
    }

    fn tell(&mut self, step: &str, what: &str) {
        self.waited(step);
        self.lines.push(format!("{step} {what}"));
    }

    fn finish(&mut self, status: Status, failure: Option<&Failure>) {
        let why = failure.map_or_else(String::new, |failure| format!(": {}", failure.message));
        self.lines.push(format!("the run is over, {}{why}", status.as_str()));
    }
}
