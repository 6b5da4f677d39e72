//! Types expressions, and reports their problems. A problem with an unknown name also shows the place of the name that
//! was probably meant.

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Expression, Presence, Problem, Template, Typed};
use naftiko_spec::{Source, locate};
use naftiko_syntax::Node;

use crate::analyses::symbols::{Names, StepScope};

/// The type of an expression; reports its problems.
pub(crate) fn expression(
    names: &Names<'_>,
    expression: &Expression,
    node: &Node,
    scope: &StepScope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Typed {
    let (typed, problems) = expression.type_in(scope);
    report(names, problems, node, diagnostics);
    typed
}

/// Whether the value of a condition is always present; reports its problems.
pub(crate) fn condition(
    names: &Names<'_>,
    condition: &Source,
    scope: &StepScope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Presence {
    let (presence, problems) = condition.expression.condition_in(scope);
    report(names, problems, &condition.node, diagnostics);
    presence
}

/// The type of a scalar with templates; reports its problems.
pub(crate) fn template(
    names: &Names<'_>,
    template: &Template,
    node: &Node,
    scope: &StepScope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Typed {
    let (typed, problems) = template.type_in(scope);
    report(names, problems, node, diagnostics);
    typed
}

fn report(names: &Names<'_>, problems: Vec<Problem>, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let located = problems.into_iter().map(|problem| problem.into_diagnostic(&|range| locate(node, range)));
    diagnostics.extend(located.map(|diagnostic| related(names, diagnostic)));
}

/// Adds the place of the input or step that an unknown name probably means.
fn related(names: &Names<'_>, diagnostic: Diagnostic) -> Diagnostic {
    let Some(fix) = &diagnostic.fix else { return diagnostic };
    let Some(meant) = fix.edits.first().map(|edit| edit.replacement.clone()) else { return diagnostic };
    let place = match diagnostic.code.id {
        "unknown-step" => match meant.strip_prefix("inputs.") {
            Some(input) => names.input_span(input),
            None => names.step_span(&meant),
        },
        "unknown-input" => names.input_span(&meant),
        _ => None,
    };
    match place {
        Some(span) => diagnostic.with_related(span, format!("`{meant}` is here")),
        None => diagnostic,
    }
}
