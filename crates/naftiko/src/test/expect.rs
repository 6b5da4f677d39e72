//! Compares a finished run with the expectations of its test.

use std::sync::Arc;

use naftiko_check::Trial;
use naftiko_expr::{Environment, Root};
use naftiko_journal::{Event, Phase, Status};
use naftiko_spec::Source;
use serde_json::{Map, Value};

use crate::test::requests::Sent;
use crate::test::trial::Rest;

/// One message per expectation that is not met.
pub(super) fn problems(trial: &Trial, rest: &Rest<'_>) -> Vec<String> {
    let expect = &trial.expect;
    let found = rest.status.as_str();
    let names = Names::new(trial, rest);
    let mut problems = Vec::new();
    if let Some(expected) = expect.outcome.as_ref().filter(|expected| expected.value != found) {
        problems.push(format!("expected outcome `{}`, found `{found}`{}", expected.value, why(rest)));
    }
    for (name, expected) in &expect.outputs {
        match expected.template().evaluate(&names) {
            Ok(expected) => problems.extend(output(&name.value, &expected, rest)),
            Err(error) => problems.push(format!("output `{}`: {error}", name.value)),
        }
    }
    for (name, expected) in &expect.steps {
        let found = phase(rest, &name.value);
        if expected.value != found {
            problems
                .push(format!("expected step `{}` to be `{}`, found `{found}`", name.value, expected.value));
        }
    }
    problems.extend(expect.assertions.iter().filter_map(|condition| unmet(condition, &names, rest)));
    problems
}

/// The reason why a run failed, or the steps whose answers it waits for.
fn why(rest: &Rest<'_>) -> String {
    if rest.status == Status::Waiting {
        let asked = rest.run.ledger().steps().filter(|(_, phase)| matches!(phase, Phase::Asked { .. }));
        let asked: Vec<String> = asked.map(|(step, _)| format!("`{step}`")).collect();
        return format!("; `answers` has no answer for {}", asked.join(", "));
    }
    let failed = rest.records.iter().rev().find_map(|record| match &record.event {
        Event::StepFailed { step, failure, .. } | Event::StepInDoubt { step, failure, .. } => {
            Some(format!("; `{step}`: {}", failure.message))
        }
        Event::RunFinished { failure: Some(failure), .. } => Some(format!("; {}", failure.message)),
        _ => None,
    });
    failed.unwrap_or_default()
}

/// Compares an output with its expected value; values are shown unless the output is sensitive.
fn output(name: &str, expected: &Value, rest: &Rest<'_>) -> Option<String> {
    let outputs = rest.run.outputs();
    let found = outputs.get(name).map(|found| &**found);
    if found == Some(expected) {
        return None;
    }
    let sensitive = rest.run.plan().outputs.iter().any(|output| output.name == name && output.sensitive);
    Some(match found {
        None if sensitive => format!("expected output `{name}`, found none"),
        Some(_) if sensitive => format!("output `{name}` has another value than expected"),
        Some(found) => format!("expected output `{name}` to be {expected}, found {found}"),
        None => format!("expected output `{name}` to be {expected}, found none"),
    })
}

/// The state of a step in the vocabulary of tests.
fn phase(rest: &Rest<'_>, step: &str) -> &'static str {
    match rest.run.step(step).map(|step| step.phase) {
        Some(Phase::Succeeded) => "succeeded",
        Some(Phase::Skipped) => "skipped",
        Some(Phase::Failed { .. }) => "failed",
        Some(Phase::InDoubt { .. }) => "in-doubt",
        Some(Phase::Asked { .. }) => "waiting",
        Some(Phase::Pending | Phase::Running { .. } | Phase::Delayed { .. } | Phase::Open { .. }) | None => {
            "not-run"
        }
    }
}

/// The message for a condition that does not hold or cannot be evaluated; `None` if it holds.
fn unmet(condition: &Source, names: &Names, rest: &Rest<'_>) -> Option<String> {
    let text = condition.expression.text();
    match condition.expression.evaluate(names) {
        Ok(Some(Value::Bool(true))) => None,
        Ok(Some(Value::Bool(false))) => {
            let evidence = condition.expression.evidence(names, &|value| rest.run.shown_value(value));
            let because = if evidence.is_empty() { evidence } else { format!(": {evidence}") };
            Some(format!("`{text}` is false{because}"))
        }
        Ok(_) => Some(format!("`{text}` is neither true nor false")),
        Err(error) => Some(format!("`{text}` cannot be evaluated: {error}")),
    }
}

/// The values that the expressions of a test can read.
struct Names {
    inputs: Value,
    outputs: Value,
    requests: Value,
    run: Value,
    steps: Map<String, Value>,
}

impl Names {
    fn new(trial: &Trial, rest: &Rest<'_>) -> Self {
        let steps = &rest.run.plan().steps;
        let result = |id: &str| rest.run.step(id).and_then(|step| step.result.cloned());
        let run = rest.run.id().map(|id| ("id".to_owned(), Value::from(id)));
        Self {
            inputs: Value::Object(trial.inputs.clone()),
            outputs: rest
                .run
                .outputs()
                .into_iter()
                .map(|(name, value)| (name, Arc::unwrap_or_clone(value)))
                .collect(),
            requests: rest.requests.iter().map(Sent::value).collect(),
            run: Value::Object(run.into_iter().collect()),
            steps: steps.iter().filter_map(|step| Some((step.id.clone(), result(&step.id)?))).collect(),
        }
    }
}

impl Environment for Names {
    fn root(&self, root: &Root) -> Option<&Value> {
        match root {
            Root::Inputs => Some(&self.inputs),
            Root::Run => Some(&self.run),
            Root::Step(name) if name == "outputs" => Some(&self.outputs),
            Root::Step(name) if name == "requests" => Some(&self.requests),
            Root::Step(name) => self.steps.get(name),
            _ => None,
        }
    }
}
