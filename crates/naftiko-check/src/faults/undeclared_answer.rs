//! A value is read of the answer to an external step that does not declare what its answer is.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_expr::{ExprKind, Expression, Presence};

use crate::scope::{Names, StepScope};

pub(crate) static CODE: Code = Code {
    id: "undeclared-answer",
    severity: Severity::Warning,
    summary: "a value is needed of the answer to an external step without `result`, which may be any answer or none",
};

/// An expression whose value is needed at `span`, and is there only if the person or system outside answers with it.
pub(crate) fn of_value(
    expression: &Expression,
    span: Span,
    scope: &StepScope<'_>,
    names: &Names<'_>,
) -> Option<Diagnostic> {
    find(expression, span, names, || expression.type_in(&scope.wary()).0.presence)
}

/// A condition that has an answer only if the person or system outside answers with what it reads.
pub(crate) fn of_condition(
    expression: &Expression,
    span: Span,
    scope: &StepScope<'_>,
    names: &Names<'_>,
) -> Option<Diagnostic> {
    let found = find(expression, span, names, || expression.condition_in(&scope.wary()).0);
    found.or_else(|| of_whole(expression, span, names))
}

/// All of an answer, where a value of some type is needed at `span`.
pub(crate) fn of_whole(expression: &Expression, span: Span, names: &Names<'_>) -> Option<Diagnostic> {
    let step = names.undeclared(expression).filter(|_| is_whole_answer(expression))?;
    let message = format!("the answer to `{}` is not declared: it may have any type", step.id.value);
    let help = "declare it, for example `external: {result: {type: string}}`";
    Some(
        Diagnostic::new(&CODE, span, message)
            .with_label("a value of another type fails the run")
            .with_related(step.id.span, "any answer is accepted here, and none at all")
            .with_help(help),
    )
}

/// Whether an expression reads all of an answer: a step that got none reads as an object without fields.
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
        "declare it, for example `external: {{result: {{type: object, required: [ok], properties: {{ok: {{type: boolean}}}}}}}}`, or give another value: `{text} ?? …`"
    );
    Some(
        Diagnostic::new(&CODE, span, message)
            .with_label("a value is required here")
            .with_related(step.id.span, "any answer is accepted here, and none at all")
            .with_help(help),
    )
}
