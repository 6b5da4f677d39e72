//! A text that reads like a reference and is sent as it stands.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity};
use naftiko_expr::{Expression, ExprKind, Root, Template};
use naftiko_spec::Composition;
use naftiko_syntax::Node;

pub(crate) static CODE: Code = Code {
    id: "unmarked-reference",
    severity: Severity::Warning,
    summary: "a text that reads like a reference and is sent as it stands",
};

/// A whole text that is a path into the inputs or into the result of a step of this composition.
pub(crate) fn find(template: &Template, node: &Node, composition: &Composition) -> Option<Diagnostic> {
    let text = template.as_literal()?.as_str()?;
    let expression = Expression::parse(text).ok()?;
    if !matches!(expression.root().kind, ExprKind::Path(_)) {
        return None;
    }
    let references = expression.references();
    let [reference] = references.as_slice() else { return None };
    let known = match &reference.root {
        Root::Inputs => true,
        Root::Step(id) => composition.steps.iter().any(|step| step.id.value == *id),
        _ => false,
    };
    // A bare word is a text: only a path into something reads like a reference.
    if !known || reference.segments.is_empty() {
        return None;
    }
    Some(
        Diagnostic::new(&CODE, node.span, format!("`{text}` is sent as text"))
            .with_help(format!("if a value is meant, write `${{{text}}}`"))
            .with_fix(Fix::reword(
                "make it a reference",
                node.span,
                format!("${{{text}}}"),
                Applicability::Unsafe,
            )),
    )
}
