//! Answers to external steps, given beforehand.

use indexmap::IndexMap;
use naftiko_diagnostics::{nearest, one_of};
use naftiko_plan::{Action, Plan};
use serde_json::Value;

/// `STEP=JSON`, each for an external step of the plan.
///
/// # Errors
/// The first that is not.
pub(crate) fn read(plan: &Plan, given: &[String]) -> Result<IndexMap<String, Value>, String> {
    let mut answers = IndexMap::new();
    for argument in given {
        let (step, text) = argument
            .split_once('=')
            .ok_or_else(|| format!("`--answer {argument}` is not of the form STEP=JSON"))?;
        let external = plan.steps.iter().filter(|step| matches!(step.action, Action::External(_)));
        let names: Vec<&str> = external.map(|step| step.id.as_str()).collect();
        if !names.contains(&step) {
            return Err(match (plan.step(step), nearest(step, names.iter().copied())) {
                (Some(_), _) => format!("`--answer {step}=…`: step `{step}` is not done outside"),
                (None, Some(near)) => format!("there is no step `{step}`; did you mean `{near}`?"),
                (None, None) if names.is_empty() => {
                    format!("there is no step `{step}`, and none is done outside")
                }
                (None, None) => format!("there is no step `{step}`; done outside is {}", one_of(names)),
            });
        }
        let answer = serde_json::from_str(text).map_err(|error| {
            format!("`--answer {step}=…` is not JSON: {error}; a text goes in quotes: `{step}=\"…\"`")
        })?;
        if answers.insert(step.to_owned(), answer).is_some() {
            return Err(format!("`--answer {step}=…` is given twice"));
        }
    }
    Ok(answers)
}
