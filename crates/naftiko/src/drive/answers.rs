//! Answers to external steps that are given on the command line.

use indexmap::IndexMap;
use naftiko_adapter_external::fits;
use naftiko_diagnostics::{nearest, one_of};
use naftiko_plan::{Action, Plan};
use naftiko_text::shell_word;
use serde_json::Value;

use crate::numbers::{ROUNDED, rounded_number};
use crate::steps::step_of;

/// Parses arguments of the form `STEP=JSON`, each for an external step of the plan.
///
/// # Errors
/// The first argument that is malformed, names no external step, does not fit the step's result, or is a duplicate.
pub(crate) fn read(plan: &Plan, given: &[String]) -> Result<IndexMap<String, Value>, String> {
    let mut answers = IndexMap::new();
    for argument in given {
        let (step, text) = argument
            .split_once('=')
            .ok_or_else(|| format!("`--answer {argument}` is not of the form STEP=JSON"))?;
        let schema = match step_of(plan, step).map(|step| &step.action) {
            Some(Action::External(external)) => external.result.as_ref(),
            Some(_) => return Err(format!("`--answer {step}=…`: step `{step}` is not an external step")),
            None => return Err(unknown(plan, step)),
        };
        let answer = serde_json::from_str(text).map_err(|error| {
            let quoted = shell_word(format!("{step}=\"…\""));
            format!("`--answer {step}=…` is not JSON: {error}; write a text in quotes: `--answer {quoted}`")
        })?;
        if rounded_number(text).is_some() {
            return Err(format!("`--answer {step}=…`: a number in it {ROUNDED}"));
        }
        fits(schema, &answer).map_err(|reason| {
            format!("`--answer {step}=…`: the answer does not match its schema: {reason}")
        })?;
        if answers.insert(step.to_owned(), answer).is_some() {
            return Err(format!("`--answer {step}=…` is given twice"));
        }
    }
    Ok(answers)
}

fn unknown(plan: &Plan, step: &str) -> String {
    let external = plan.steps.iter().filter(|step| matches!(step.action, Action::External(_)));
    let names: Vec<&str> = external.map(|step| step.id.as_str()).collect();
    match nearest(step, names.iter().copied()) {
        Some(near) => format!("there is no step `{step}`; did you mean `{near}`?"),
        None if names.is_empty() => {
            format!("there is no step `{step}`, and the composition has no external steps")
        }
        None => format!("there is no step `{step}`; the external steps are {}", one_of(names)),
    }
}
