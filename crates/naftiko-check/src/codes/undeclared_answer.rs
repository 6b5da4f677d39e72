//! A required value that comes from the answer to an external step without `result`.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_expr::{ExprKind, Expression, Presence};

use crate::analyses::symbols::{Names, StepScope};

pub(crate) static CODE: Code = Code {
    id: "undeclared-answer",
    severity: Severity::Warning,
    summary: "a required value is read from the answer to an external step without `result`",
};

/// Reports an expression whose value is required at `span` and present only if the undeclared answer contains it.
pub(crate) fn of_value(
    expression: &Expression,
    span: Span,
    scope: &StepScope<'_>,
    names: &Names<'_>,
) -> Option<Diagnostic> {
    find(expression, span, names, || expression.type_in(&scope.wary()).0.presence)
}

/// Reports a condition that can be evaluated only if the undeclared answer contains the value that it reads.
pub(crate) fn of_condition(
    expression: &Expression,
    span: Span,
    scope: &StepScope<'_>,
    names: &Names<'_>,
) -> Option<Diagnostic> {
    let found = find(expression, span, names, || expression.condition_in(&scope.wary()).0);
    found.or_else(|| of_whole(expression, span, names))
}

/// Reports an expression that is a whole undeclared answer, where `span` requires a value of a certain type.
pub(crate) fn of_whole(expression: &Expression, span: Span, names: &Names<'_>) -> Option<Diagnostic> {
    let step = names.undeclared(expression).filter(|_| is_whole_answer(expression))?;
    let message = format!("the answer to `{}` is not declared: it may have any type", step.id.value);
    let help = "declare it, for example `external: {result: {type: string}}`";
    Some(
        Diagnostic::new(&CODE, span, message)
            .with_label("a value of another type fails the run")
            .with_related(step.id.span, "every answer is accepted here, even none")
            .with_help(help),
    )
}

/// Whether an expression is the whole answer to a step. It is always present: without an answer it is an empty object.
fn is_whole_answer(expression: &Expression) -> bool {
    matches!(&expression.root().kind, ExprKind::Path(path) if path.selectors.is_empty())
}

fn find(
    expression: &Expression,
    span: Span,
    names: &Names<'_>,
    presence: impl FnOnce() -> Presence,
) -> Option<Diagnostic> {
    let step = names.undeclared(expression)?;
    if is_whole_answer(expression) || presence() == Presence::Always {
        return None;
    }
    let id = &step.id.value;
    let text = expression.text();
    let message = format!("the answer to `{id}` is not declared: `{text}` may be absent");
    let help = format!(
        "declare it, for example `external: {{result: {{type: object, required: [ok], properties: {{ok: \
         {{type: boolean}}}}}}}}`, or give a default: `{text} ?? …`"
    );
    Some(
        Diagnostic::new(&CODE, span, message)
            .with_label("a value is required here")
            .with_related(step.id.span, "every answer is accepted here, even none")
            .with_help(help),
    )
}
