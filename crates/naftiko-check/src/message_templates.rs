//! The templates of e-mails: whether they can be read, and whether they read only what is handed over.

use naftiko_diagnostics::{Code, Diagnostic, nearest};
use naftiko_expr::Template;
use naftiko_jinja::{MESSAGE_NAMES, Problem, ProblemKind};
use naftiko_spec::{Channel, Composition, External, Value, Work, locate};
use naftiko_syntax::Node;

use crate::faults::{template_syntax, unknown_filter, unknown_variable};

/// How many of the names that are handed over a finding lists.
const MAX_NAMES: usize = 8;

/// What is wrong with the templates of the e-mails of a composition.
pub(crate) fn check(composition: &Composition) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for step in &composition.steps {
        let Work::External(external) = &step.work else { continue };
        let written = external.settings.iter().find_map(|(name, value)| written(external, name, value));
        if let Some((text, node)) = written {
            let names = handed_over(composition, external);
            diagnostics
                .extend(problems(text, &names).iter().map(|problem| diagnostic(problem, node, &names)));
        }
    }
    diagnostics
}

/// Whether a setting is a template with something to fill in: whatever reads like a reference there is none of ours.
pub(crate) fn is_filled_in(external: &External, name: &str, value: &Value) -> bool {
    written(external, name, value).is_some_and(|(text, _)| text.contains("{{") || text.contains("{%"))
}

/// The text of a setting that is the template of an e-mail.
fn written<'v>(external: &External, name: &str, value: &'v Value) -> Option<(&'v str, &'v Node)> {
    match value {
        Value::Scalar { template: Template::Literal(_), node, .. }
            if external.channel == Channel::Email && name == "template" =>
        {
            Some((node.as_str()?, node))
        }
        _ => None,
    }
}

/// The names that the template of a step may read: those of `with`, or of all that there is.
fn handed_over<'c>(composition: &'c Composition, external: &'c External) -> Vec<&'c str> {
    let handed_over: Vec<&str> = match &external.with {
        Some(with) => with.keys().map(String::as_str).collect(),
        None => {
            let steps = composition.steps.iter().map(|step| step.id.value.as_str());
            ["inputs", "item", "index"].into_iter().chain(steps).collect()
        }
    };
    handed_over.into_iter().chain(MESSAGE_NAMES).collect()
}

fn problems(text: &str, names: &[&str]) -> Vec<Problem> {
    match naftiko_jinja::Template::parse(text) {
        Ok(template) => template.unknown_names(names),
        Err(problems) => problems,
    }
}

fn diagnostic(problem: &Problem, node: &Node, names: &[&str]) -> Diagnostic {
    let (code, candidates): (&'static Code, &[&str]) = match problem.kind {
        ProblemKind::Syntax => (&template_syntax::CODE, &[]),
        ProblemKind::Filter => (&unknown_filter::CODE, &problem.candidates),
        ProblemKind::Name => (&unknown_variable::CODE, names),
    };
    let diagnostic = Diagnostic::new(code, locate(node, problem.range.clone()), problem.message.clone());
    let text = node.as_str().and_then(|text| text.get(problem.range.clone())).unwrap_or_default();
    match (nearest(text, candidates.iter().copied()), &problem.help) {
        (Some(near), _) => diagnostic.with_suggestion(near),
        (None, Some(help)) => diagnostic.with_help(help.clone()),
        (None, None) if problem.kind == ProblemKind::Name => {
            let own = names.len().saturating_sub(MESSAGE_NAMES.len()).min(MAX_NAMES);
            let named = names.iter().take(own).chain(&MESSAGE_NAMES).map(|name| format!("`{name}`"));
            let named: Vec<String> = named.collect();
            diagnostic.with_help(format!("hand it over with `with`; there are {}", named.join(", ")))
        }
        (None, None) => diagnostic,
    }
}
