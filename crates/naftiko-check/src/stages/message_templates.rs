//! Checks the templates of e-mails: that they parse, and that they read only names that are passed to them.

use std::cell::OnceCell;
use std::collections::HashSet;

use naftiko_diagnostics::{Code, Diagnostic, NameIndex, nearest, work};
use naftiko_expr::Template;
use naftiko_jinja::{MESSAGE_NAMES, Problem, ProblemKind};
use naftiko_spec::{Channel, Composition, External, Value, Work, locate};
use naftiko_syntax::Node;

use crate::codes::{template_syntax, unknown_filter, unknown_variable};

/// The maximum number of passed names that a finding lists.
const MAX_NAMES: usize = 8;

/// Checks the e-mail templates of a composition.
pub(crate) fn check(composition: &Composition) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let all = OnceCell::new();
    for step in &composition.steps {
        let Work::External(external) = &step.work else { continue };
        let written = external.settings.iter().find_map(|(name, value)| written(external, name, value));
        let Some((text, node)) = written else { continue };
        let own;
        let names = match &external.with {
            Some(with) => {
                own = Readable::new(with.keys().map(String::as_str));
                &own
            }
            None => all.get_or_init(|| Readable::all_of(composition)),
        };
        diagnostics.extend(problems(text, names).iter().map(|problem| diagnostic(problem, node, names)));
    }
    diagnostics
}

/// The names that a template may read.
struct Readable<'c> {
    names: HashSet<&'c str>,
    index: NameIndex<&'c str>,
}

impl<'c> Readable<'c> {
    /// The given names, and those that every message has.
    fn new(handed_over: impl IntoIterator<Item = &'c str>) -> Self {
        let index = NameIndex::new(handed_over.into_iter().chain(MESSAGE_NAMES));
        work::add(index.names().len());
        Self { names: index.names().iter().copied().collect(), index }
    }

    /// The names that a step without `with` may read: the inputs, `item`, `index` and all steps.
    fn all_of(composition: &'c Composition) -> Self {
        let steps = composition.steps.iter().map(|step| step.id.value.as_str());
        Self::new(["inputs", "item", "index"].into_iter().chain(steps))
    }

    /// The passed names, without those that every message has.
    fn handed_over(&self) -> &[&'c str] {
        let names = self.index.names();
        names.get(..names.len().saturating_sub(MESSAGE_NAMES.len())).unwrap_or_default()
    }
}

/// Whether a setting is an e-mail template with something to fill in; text in it that looks like a reference is not
/// one of ours.
pub(crate) fn is_filled_in(external: &External, name: &str, value: &Value) -> bool {
    written(external, name, value).is_some_and(|(text, _)| text.contains("{{") || text.contains("{%"))
}

/// The text of a setting, if it is the template of an e-mail.
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

fn problems(text: &str, names: &Readable<'_>) -> Vec<Problem> {
    match naftiko_jinja::Template::parse(text) {
        Ok(template) => template.unknown_names(&|name| names.names.contains(name)),
        Err(problems) => problems,
    }
}

fn diagnostic(problem: &Problem, node: &Node, names: &Readable<'_>) -> Diagnostic {
    let code: &'static Code = match problem.kind {
        ProblemKind::Syntax => &template_syntax::CODE,
        ProblemKind::Filter => &unknown_filter::CODE,
        ProblemKind::Name => &unknown_variable::CODE,
    };
    let diagnostic = Diagnostic::new(code, locate(node, problem.range.clone()), problem.message.clone());
    let text = node.as_str().and_then(|text| text.get(problem.range.clone())).unwrap_or_default();
    let near = match problem.kind {
        ProblemKind::Syntax => None,
        ProblemKind::Filter => nearest(text, problem.candidates.iter().copied()),
        ProblemKind::Name => names.index.nearest(text),
    };
    match (near, &problem.help) {
        (Some(near), _) => diagnostic.with_suggestion(near),
        (None, Some(help)) => diagnostic.with_help(help.clone()),
        (None, None) if problem.kind == ProblemKind::Name => {
            let named = names.handed_over().iter().take(MAX_NAMES).chain(&MESSAGE_NAMES);
            let named: Vec<String> = named.map(|name| format!("`{name}`")).collect();
            let more = match names.handed_over().len().saturating_sub(MAX_NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named = named.join(", ");
            diagnostic.with_help(format!("add it under `with`; the template can read {named}{more}"))
        }
        (None, None) => diagnostic,
    }
}
