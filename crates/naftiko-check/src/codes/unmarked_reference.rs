//! A text that reads like a reference and is sent literally: `create.id`, `{inputs.name}`.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity};
use naftiko_expr::{Expression, ExprKind, Root, Template};
use naftiko_syntax::Node;

use crate::analyses::symbols::Names;

pub(crate) static CODE: Code = Code {
    id: "unmarked-reference",
    severity: Severity::Warning,
    summary: "a text looks like a reference and is sent as text",
};

/// Reports a text that is a path into the inputs or into the result of a step, or that contains such a path in braces.
pub(crate) fn find(template: &Template, node: &Node, names: &Names<'_>) -> Option<Diagnostic> {
    let text = template.as_literal()?.as_str()?;
    let meant = if is_reference(text, names) { format!("${{{text}}}") } else { marked(text, names)? };
    Some(
        Diagnostic::new(&CODE, node.span, format!("`{text}` is sent as text"))
            .with_help(format!("if you mean the value, write `{meant}`"))
            .with_fix(Fix::reword("make it a reference", node.span, meant, Applicability::Unsafe)),
    )
}

/// A text with a `$` before every reference in braces; `None` if it has no such reference.
fn marked(text: &str, names: &Names<'_>) -> Option<String> {
    let mut marked = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((before, after)) = rest.split_once('{') {
        marked.push_str(before);
        // Doubled braces are the template syntax of another tool, which another code reports.
        if let Some(after) = after.strip_prefix('{') {
            marked.push_str("{{");
            rest = after;
            continue;
        }
        let inner = after.find(['{', '}']).and_then(|end| after.split_at_checked(end));
        let closed = inner.filter(|(_, rest)| rest.starts_with('}'));
        if closed.is_some_and(|(inner, _)| is_reference(inner.trim(), names)) {
            marked.push('$');
            found = true;
        }
        marked.push('{');
        rest = after;
    }
    marked.push_str(rest);
    found.then_some(marked)
}

/// Whether a text is a path into the inputs or into the result of a step.
fn is_reference(text: &str, names: &Names<'_>) -> bool {
    let Ok(expression) = Expression::parse(text) else { return false };
    if !matches!(expression.root().kind, ExprKind::Path(_)) {
        return false;
    }
    let references = expression.references();
    let [reference] = references.as_slice() else { return false };
    let known = match &reference.root {
        Root::Inputs => true,
        Root::Step(id) => names.has_step(id),
        _ => false,
    };
    // A bare word is a text: only a path into something reads like a reference.
    known && !reference.segments.is_empty()
}
