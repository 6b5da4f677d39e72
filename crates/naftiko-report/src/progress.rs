//! Renders the events of a run as progress lines for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use naftiko_journal::address::{Part, compensation, inner};
use naftiko_journal::{Departure, Event, Record, Ruling, Through};
use naftiko_plan::{Action, Plan, duration};
use naftiko_text::{Printable, printable, wrap};

use crate::Style;

/// The state of the step that a line describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// An attempt is under way, or items of a list have arrived.
    Running,
    /// The step waits until a given time, or for its turn.
    Waiting,
    /// The step waits for an answer from outside.
    Asked,
    /// The step was skipped.
    Skipped,
    /// The step succeeded.
    Done,
    /// The effect of the step is in doubt.
    InDoubt,
    /// The step failed.
    Failed,
}

/// The state of one step in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the step.
    pub step: String,
    /// The state of the step.
    pub mark: Mark,
    /// The rendered text, without a line break at its end.
    pub text: Printable,
}

/// Turns the events of a run into progress lines.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    /// The widths of the columns for step names and requests.
    widths: (usize, usize),
    /// The request of each step, by the step's name without item indexes.
    requests: BTreeMap<String, Printable>,
    started: BTreeMap<String, Timestamp>,
    delays: BTreeMap<String, u32>,
    /// The number of list items received page by page so far, by step.
    items: BTreeMap<String, usize>,
    /// The reason for waiting that was last reported, by step.
    said: BTreeMap<String, String>,
}

impl Progress {
    /// Creates the progress of a run of `plan`.
    pub fn new(plan: &Plan, style: Style) -> Self {
        let mut requests = Requests::default();
        requests.gather(plan, "", "");
        let Requests { by_name: requests, widths } = requests;
        Self {
            style,
            widths,
            requests,
            started: BTreeMap::new(),
            delays: BTreeMap::new(),
            items: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Returns the line for an event, or `None` if the event changes nothing visible. If the output is not a terminal,
    /// a step that waits again for an unchanged reason adds no line.
    pub fn line(&mut self, record: &Record) -> Option<Line> {
        let step = record.event.step()?;
        let (mark, detail) = match &record.event {
            Event::AttemptStarted { .. } | Event::MessageStarted { .. } => {
                self.started.entry(step.to_owned()).or_insert(record.at);
                (Mark::Running, String::new())
            }
            Event::StepSucceeded { status, through, result, departures, .. } => {
                let status = status.map(|status| status.to_string());
                let through = through.filter(|through| *through != Through::Prompt);
                let answered = || through.map(|through| answered(through).to_owned());
                let mut detail = status.or_else(answered).unwrap_or_default();
                let tries = self.delays.get(step).map_or(1, |delays| delays + 1);
                if tries > 1 {
                    let took = self.started.get(step).map(|started| record.at.duration_since(*started));
                    let took = took.map_or_else(String::new, |took| format!(" in {}", duration(took)));
                    let _ = write!(detail, ", {tries} attempts{took}");
                }
                if let Some(items) = result.as_array().filter(|_| self.items.contains_key(step)) {
                    let _ = write!(detail, ", {} items", items.len());
                }
                if let Some(departed) = departed(departures) {
                    return Some(self.done_otherwise(step, &detail, &departed));
                }
                (Mark::Done, detail)
            }
            Event::StepDelayed { until, failure, .. } => {
                *self.delays.entry(step.to_owned()).or_default() += 1;
                let wait = duration(until.duration_since(record.at));
                let why = failure
                    .as_ref()
                    .map_or_else(|| "condition not met yet".to_owned(), |failure| failure.message.clone());
                let before = self.said.insert(step.to_owned(), why.clone());
                if !self.style.terminal && before.as_ref() == Some(&why) {
                    return None;
                }
                (Mark::Waiting, format!("{why}; retry in {wait}"))
            }
            Event::PageReceived { items, .. } => {
                let so_far = self.items.entry(step.to_owned()).or_default();
                *so_far += items.len();
                // If lines are not overwritten, only the total at the end is reported.
                if !self.style.terminal {
                    return None;
                }
                (Mark::Running, format!("{so_far} so far"))
            }
            Event::StepFailed { failure, .. } => (Mark::Failed, failure.message.clone()),
            Event::StepInDoubt { failure, .. } => (Mark::InDoubt, failure.message.clone()),
            Event::DoubtResolved { ruling: Ruling::Happened { .. }, .. } => {
                (Mark::Done, "ruled: it happened".to_owned())
            }
            Event::DoubtResolved { ruling: Ruling::DidNotHappen, .. } => {
                (Mark::Waiting, "ruled: it did not happen; retrying now".to_owned())
            }
            Event::DoubtResolved { ruling: Ruling::HandedOver { .. }, .. } => {
                (Mark::Asked, "ruled: it arrived; waiting for the answer".to_owned())
            }
            Event::StepAsked { .. } => (Mark::Asked, "waiting for an answer".to_owned()),
            Event::StepSkipped { .. } => (Mark::Skipped, String::new()),
            // The inner steps have lines of their own.
            Event::StepOpened { .. }
            | Event::RunStarted { .. }
            | Event::RunCancelled { .. }
            | Event::RunFinished { .. } => return None,
        };
        Some(Line { step: step.to_owned(), mark, text: self.text(step, mark, &detail) })
    }

    /// Returns the line for a step whose call waits for its turn, which comes after `wait`.
    pub fn held_up(&mut self, step: &str, wait: SignedDuration) -> Line {
        let detail = format!("waiting {} for the rate limit", duration(wait));
        Line { step: step.to_owned(), mark: Mark::Waiting, text: self.text(step, Mark::Waiting, &detail) }
    }

    /// A step that succeeded with a response that deviates from its description. In a terminal the deviation is a
    /// second line; elsewhere it is part of the one line.
    fn done_otherwise(&mut self, step: &str, detail: &str, departed: &str) -> Line {
        let done = self.text(step, Mark::Done, detail);
        let text = if self.style.terminal {
            let departed = wrap(&printable!("{}", departed), &"    ".into(), self.style.width);
            printable!("{}\n{}", done, self.style.dim(departed))
        } else {
            printable!("{}; {}", done, departed)
        };
        Line { step: step.to_owned(), mark: Mark::Done, text }
    }

    fn text(&mut self, step: &str, mark: Mark, detail: &str) -> Printable {
        let shape = shape(step);
        let (step, detail) = (printable!("{}", step), printable!("{}", detail));
        let style = self.style;
        let (sign, word) = match mark {
            Mark::Running => (style.dim("…"), "running"),
            Mark::Waiting | Mark::Asked => (style.busy("…"), "waiting"),
            Mark::Skipped => (style.dim("–"), "skipped"),
            Mark::Done => (style.good("✓"), "done"),
            Mark::InDoubt => (style.bad("?"), "doubt"),
            Mark::Failed => (style.bad("✗"), "failed"),
        };
        // A name wider than expected widens the column for later lines.
        self.widths.0 = self.widths.0.max(step.chars().count());
        let (name_width, request_width) = self.widths;
        let request = self.requests.get(&shape).cloned().unwrap_or_default();
        let request = if detail.is_empty() { request } else { request.padded(request_width) };
        let head = if style.terminal { sign } else { Printable::from(word).padded(7) };
        let tail = match mark {
            _ if detail.is_empty() => Printable::new(),
            // In a terminal the reason of a failure gets its own line.
            Mark::Failed | Mark::InDoubt if style.terminal => {
                printable!("\n{}", style.bad(wrap(&detail, &"    ".into(), style.width)))
            }
            Mark::Failed | Mark::InDoubt => printable!("  {}", style.bad(detail)),
            Mark::Waiting | Mark::Asked => printable!("  {}", style.busy(detail)),
            Mark::Running | Mark::Skipped | Mark::Done => printable!("  {}", detail),
        };
        printable!("{} {}  {}{}", head, step.padded(name_width), style.dim(request), tail)
    }
}

/// The requests of all steps of a plan, including those of its sub-compositions.
#[derive(Default)]
struct Requests {
    by_name: BTreeMap<String, Printable>,
    widths: (usize, usize),
}

impl Requests {
    /// Adds the steps of `plan`, each name prefixed with `before`. `first` is that prefix with the index `[0]` in each
    /// list; it is used to compute the column width.
    fn gather(&mut self, plan: &Plan, before: &str, first: &str) {
        let line = |invoke| {
            let operation = plan.operation(invoke);
            operation.map_or_else(Printable::new, |it| printable!("{} {}", it.method.as_str(), it.path))
        };
        for step in &plan.steps {
            let name = format!("{before}{}", step.id);
            let item = if step.for_each.is_some() { "[0]" } else { "" };
            let first = format!("{first}{}{item}", step.id);
            let request = match &step.action {
                Action::Invoke(invoke) => line(invoke),
                Action::External(_) => "outside".into(),
                Action::Composition(embedded) => {
                    self.gather(&embedded.plan, &format!("{name}/"), &format!("{first}/"));
                    printable!("{}", embedded.plan.name)
                }
            };
            let (of_names, of_requests) = &mut self.widths;
            *of_names = (*of_names).max(first.chars().count());
            *of_requests = (*of_requests).max(request.chars().count());
            if let Some(undo) = &step.compensate {
                self.by_name.insert(compensation(&name), line(&undo.invoke));
            }
            self.by_name.insert(name, request);
        }
    }
}

/// Removes the item indexes from the name of a step.
fn shape(name: &str) -> String {
    match Part::of(name) {
        Some(Part::Item { of, .. }) => shape(of),
        Some(Part::Inner { of, id }) => inner(&shape(of), id),
        Some(Part::Compensation { of }) => compensation(&shape(of)),
        Some(Part::Step(_)) | None => name.to_owned(),
    }
}

/// Describes the deviations of a response from its description; `None` if there are none.
pub(crate) fn departed(departures: &[Departure]) -> Option<String> {
    let [Departure { pointer, expected }, others @ ..] = departures else { return None };
    let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
    let others = match others.len() {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    Some(format!("response deviates from its description{at}: {expected}{others}"))
}

/// Describes the channel through which an answer arrived.
pub(crate) fn answered(through: Through) -> &'static str {
    match through {
        Through::Prompt => "answered at the terminal",
        Through::Beforehand => "answered beforehand",
        Through::Complete => "answered with `complete`",
        Through::Callback => "answered over HTTP",
        Through::Command => "answered by the program",
    }
}
