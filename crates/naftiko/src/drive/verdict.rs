//! Reports the state of a run when its command ends, and the commands that continue it.

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_journal::{Event, Failure, Ledger, Part, Phase, Record, Ruling, Status, address};
use naftiko_plan::{Action, Plan};
use naftiko_report::{Outcome, outputs};
use naftiko_text::{Printable, join, printable, shell_word};
use serde_json::Value;

use crate::drive::line_of_json;
use crate::exit::{Exit, Stop};
use crate::screen::Screen;
use crate::steps::step_of;

/// A run that has ended or halted.
pub(crate) struct Verdict<'a> {
    pub(crate) run: &'a naftiko_engine::Run,
    /// All its records, redacted.
    pub(crate) records: &'a [Record],
    pub(crate) id: &'a str,
    pub(crate) status: Status,
    /// For a stored run, the options to repeat in suggested commands; `None` for a run that is not stored and cannot be
    /// resumed.
    pub(crate) kept: Option<&'a Printable>,
    /// Whether the run was stopped by a signal although it could have continued.
    pub(crate) stopped: bool,
    pub(crate) json: bool,
}

impl Verdict<'_> {
    /// Reports the state of the run and its outputs.
    ///
    /// # Errors
    /// If the result cannot be written.
    pub(crate) fn report(&self, screen: &mut Screen) -> Result<(), Stop> {
        // Redacted again: more secrets may be known now than when the records were written.
        let records: Vec<Record> = self.records.iter().map(|record| self.run.shown(record)).collect();
        Verdict { records: &records, ..*self }.say(screen)
    }

    fn say(&self, screen: &mut Screen) -> Result<(), Stop> {
        let values = self.shown_outputs();
        let waiting = self.waiting();
        if self.json {
            let (step, failure) =
                self.failure().map_or((None, None), |(step, failure)| (step, Some(failure)));
            let outcome = Outcome {
                outcome: self.status,
                run: self.id,
                outputs: &values,
                waiting: &waiting,
                failure,
                step,
            };
            return Ok(screen.result(&line_of_json(&outcome)?)?);
        }
        screen.message(&self.text(&waiting, screen));
        let text = outputs(&values)
            .map_err(|error| Stop::Usage(format!("the outputs cannot be written: {error}")))?;
        Ok(screen.result(&text)?)
    }

    fn shown_outputs(&self) -> IndexMap<String, Arc<Value>> {
        let finished = self.records.iter().rev().find_map(|record| match &record.event {
            Event::RunFinished { outputs, .. } => Some(outputs.clone()),
            _ => None,
        });
        finished.unwrap_or_default()
    }

    /// The steps that wait for an answer from outside.
    fn waiting(&self) -> Vec<String> {
        if self.status != Status::Waiting {
            return Vec::new();
        }
        self.steps_that(|phase| matches!(phase, Phase::Asked { .. }))
    }

    fn steps_that(&self, stand: impl Fn(Phase) -> bool) -> Vec<String> {
        let steps = self.run.ledger().steps().filter(|(_, phase)| stand(*phase));
        steps.map(|(name, _)| name.to_owned()).collect()
    }

    /// The failure that ended the run or is in doubt: that of a step, or of the run's end itself.
    fn failure(&self) -> Option<(Option<&str>, &Failure)> {
        let ended = self.records.iter().rev().find_map(|record| match &record.event {
            Event::RunFinished { failure, .. } => Some(failure.as_ref()),
            _ => None,
        });
        if let Some(Some(failure)) = ended {
            return Some((None, failure));
        }
        let in_doubt = || {
            let mut steps = self.run.ledger().steps();
            steps.find(|(_, phase)| matches!(phase, Phase::InDoubt { .. })).map(|(name, _)| name)
        };
        let step = if self.status == Status::InDoubt { in_doubt() } else { self.run.failing_step() }?;
        // Taken from the records, in which sensitive values are redacted.
        let failure = self.records.iter().rev().find_map(|record| match &record.event {
            Event::StepFailed { step: failed, failure, .. }
            | Event::StepInDoubt { step: failed, failure, .. }
                if failed == step =>
            {
                Some(failure)
            }
            _ => None,
        });
        failure.map(|failure| (Some(step), failure))
    }

    fn text(&self, waiting: &[String], screen: &Screen) -> Printable {
        let style = screen.err;
        let (word, more) = match self.status {
            Status::Succeeded => (style.good("succeeded"), Printable::new()),
            Status::Cancelled => (style.busy("cancelled"), Printable::new()),
            Status::Failed => (style.bad("failed"), self.why()),
            Status::Compensated => (style.bad("failed"), printable!("{}, and was compensated", self.why())),
            Status::Compensating if self.is_stopped_undoing() => {
                (style.busy("interrupted"), ", and compensation is incomplete".into())
            }
            Status::Compensating if self.lacks_means_to_undo() => {
                (style.busy("interrupted"), printable!(", and compensation is incomplete{}", self.lacks()))
            }
            Status::Compensating => (style.bad("compensation failed"), self.halted()),
            Status::InDoubt => (style.bad("in doubt"), self.doubt()),
            Status::Waiting | Status::Running if self.stopped => {
                (style.busy("interrupted"), Printable::new())
            }
            Status::Waiting | Status::Running if self.run.shortage().is_some() => {
                (style.busy("interrupted"), self.lacks())
            }
            Status::Waiting | Status::Running => (style.busy("waiting"), self.waits(waiting)),
        };
        let mock = if self.run_is_mock() { " (mock)" } else { "" };
        printable!("\n{}{}{}\n{}", word, mock, more, self.how_to_go_on())
    }

    fn run_is_mock(&self) -> bool {
        matches!(self.records.first().map(|record| &record.event), Some(Event::RunStarted { options, .. }) if options.mock)
    }

    fn waits(&self, waiting: &[String]) -> Printable {
        match (waiting.is_empty(), self.run.next_due()) {
            (false, _) => printable!(" for {}", waiting.join(", ")),
            (true, Some(due)) => printable!(" until {}", format!("{due:.0}")),
            (true, None) => Printable::new(),
        }
    }

    /// The resource that this machine lacks, as reported by the waiting step.
    fn lacks(&self) -> Printable {
        let why = self.run.shortage().map(|why| printable!(": {}", why)).unwrap_or_default();
        printable!("{}\nnothing is lost: resume the run once the shortage is over", why)
    }

    /// The redacted requests of the attempts that are in doubt.
    fn doubt(&self) -> Printable {
        let mut text = self.why();
        let in_doubt = self.run.ledger().steps().filter(|(_, phase)| matches!(phase, Phase::InDoubt { .. }));
        for (name, _) in in_doubt {
            let sent = self.records.iter().rev().find_map(|record| match &record.event {
                Event::AttemptStarted { step, request, .. } if step == name => {
                    Some((format!("done: {} {}", request.method, request.path), &request.arguments))
                }
                Event::MessageStarted { step, message, .. } if step == name => {
                    Some((format!("arrived: {} to {}", message.channel, message.to), &message.with))
                }
                _ => None,
            });
            let Some((what, values)) = sent else { continue };
            text.push(&printable!("\nsent, and possibly {}", what));
            for (argument, value) in values {
                text.push(&printable!("\n  {} = {}", argument, value));
            }
        }
        text
    }

    /// The exit code of the command.
    pub(crate) fn exit(&self) -> Exit {
        let goes_on = self.is_stopped_undoing() || self.lacks_means_to_undo();
        if goes_on { Exit::Waiting } else { self.status.into() }
    }

    /// Whether the compensation was stopped by a signal and nothing else prevents it from continuing.
    fn is_stopped_undoing(&self) -> bool {
        self.status == Status::Compensating && self.stopped && self.run.halted_steps().is_empty()
    }

    /// Whether this machine lacks a resource for the compensation, and nothing else prevents it from continuing.
    fn lacks_means_to_undo(&self) -> bool {
        let is_undoing = self.status == Status::Compensating && self.run.halted_steps().is_empty();
        is_undoing && self.run.shortage().is_some()
    }

    fn halted(&self) -> Printable {
        let halted = self.run.halted_steps();
        if halted.is_empty() { self.why() } else { printable!(" at {}", halted.join(", ")) }
    }

    fn how_to_go_on(&self) -> Printable {
        if self.status.is_over() {
            return self.done_so_far();
        }
        match self.kept {
            Some(again) => how_to_go_on(self.id, self.status, self.run.ledger(), self.run.plan(), again),
            None => {
                let waiting = self.waiting();
                if waiting.is_empty() {
                    return Printable::new();
                }
                let answer = |step: &String| printable!(" --answer {}", quoted(&format!("{step}=JSON")));
                printable!("answer with{}\n", waiting.iter().map(answer).collect::<Printable>())
            }
        }
    }

    /// The effects that remain of a run that ended without success.
    fn done_so_far(&self) -> Printable {
        if matches!(self.status, Status::Succeeded | Status::Compensated) || self.run_is_mock() {
            return Printable::new();
        }
        let done = self.records.iter().filter_map(|record| match &record.event {
            Event::StepSucceeded { step, result, attempt: Some(_), .. } => Some((step, &**result)),
            Event::DoubtResolved { step, ruling: Ruling::Happened { result }, .. } => Some((step, result)),
            _ => None,
        });
        let stays = done.filter(|(step, _)| self.has_effect(step) && !self.is_undone(step));
        let done = stays.map(|(step, result)| {
            let id = result.get("id").and_then(Value::as_str);
            id.map_or_else(|| printable!("{}", step), |id| printable!("{} ({})", step, id))
        });
        let done: Vec<Printable> = done.collect();
        if done.is_empty() {
            return Printable::new();
        }
        printable!("effects that remain: {}\n", join(&done, ", "))
    }

    /// Whether a step was compensated, or is a compensation.
    fn is_undone(&self, step: &str) -> bool {
        let undo = self.run.step(&address::compensation(step));
        is_compensation(step) || undo.is_some_and(|undo| undo.phase == Phase::Succeeded)
    }

    fn has_effect(&self, step: &str) -> bool {
        self.run.operation(step).is_some_and(|operation| !operation.is_safe())
    }

    /// The step at which the run failed. The line of that step has already given the reason.
    fn why(&self) -> Printable {
        match self.failure() {
            Some((Some(step), _)) => printable!(" at {}", step),
            Some((None, failure)) => printable!(": {}", failure.message),
            None => Printable::new(),
        }
    }
}

/// The commands with which a person can continue a run that has not ended, one per line.
pub(crate) fn how_to_go_on(
    id: &str,
    status: Status,
    ledger: &Ledger,
    plan: &Plan,
    again: &Printable,
) -> Printable {
    let steps = |stand: fn(Phase) -> bool| {
        let steps = ledger.steps().filter(move |(_, phase)| stand(*phase));
        steps.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    let id = shell_word(id);
    let mut text = Printable::new();
    match status {
        Status::InDoubt => {
            let is_message = |name: &str| {
                !is_compensation(name)
                    && step_of(plan, name).is_some_and(|step| matches!(step.action, Action::External(_)))
            };
            let in_doubt = steps(|phase| matches!(phase, Phase::InDoubt { .. }));
            if in_doubt.iter().any(|step| !is_message(step)) {
                text.push_literal("check at the provider whether the call happened, and record it with\n");
            } else {
                text.push_literal("ask the receiver whether the message arrived, and record it with\n");
            }
            for step in in_doubt {
                let result = if is_message(&step) || is_compensation(&step) { "" } else { " JSON" };
                let command = printable!("  naftiko resolve {} {}", id, quoted(&step));
                text.push(&printable!("{} --happened{}{}\n", command, result, again));
                text.push(&printable!("{} --did-not-happen{}\n", command, again));
            }
            return text;
        }
        Status::Compensating => {
            let failed = steps(|phase| matches!(phase, Phase::Failed { .. }));
            let is_retry = failed.iter().any(|step| is_compensation(step));
            text.push_literal(if is_retry { "retry the compensation with\n" } else { "continue with\n" });
        }
        Status::Waiting | Status::Running => {
            let asked = steps(|phase| matches!(phase, Phase::Asked { .. }));
            if !asked.is_empty() {
                text.push_literal("answer with\n");
            }
            for step in asked {
                let step = quoted(&step);
                text.push(&printable!("  naftiko complete {} {} --result JSON{}\n", id, step, again));
            }
            text.push_literal("continue with\n");
        }
        Status::Succeeded | Status::Failed | Status::Compensated | Status::Cancelled => return text,
    }
    text.push(&printable!("  naftiko resume {}{}\n", id, again));
    text
}

/// The name of a step, with anything appended to it, as one word of a command. It is quoted even if the shell does not
/// require it, since the placeholder will be replaced by a value that may need quotes.
fn quoted(step: &str) -> Printable {
    let word = shell_word(step);
    if *word == *step { printable!("'{}'", word) } else { word }
}

/// Whether a name is that of a compensation.
pub(crate) fn is_compensation(step: &str) -> bool {
    matches!(Part::of(step), Some(Part::Compensation { .. }))
}
