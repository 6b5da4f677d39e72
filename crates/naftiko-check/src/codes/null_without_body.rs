//! `exists(step)` of a step whose result is null if the response has no body.

use std::ops::Range;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_expr::{Base, Expr, ExprKind, Expression, Root, Selector};

use crate::analyses::symbols::Names;

pub(crate) static CODE: Code = Code {
    id: "null-without-body",
    severity: Severity::Note,
    summary: "`exists(step)` is also false for a step that succeeded without a response body",
};

/// Reports each `exists(step)` whose step may be done and still be null. `locate` maps a range of the expression's text
/// to its span.
pub(crate) fn find(
    expression: &Expression,
    names: &Names<'_>,
    locate: &dyn Fn(Range<usize>) -> Span,
) -> Vec<Diagnostic> {
    if !names.has_null_without_body {
        return Vec::new();
    }
    let mut asked = Vec::new();
    collect(expression.root(), &mut asked);
    let of = |(id, range): (&str, Range<usize>)| {
        let step = names.null_without_body(id)?;
        let message = format!("`exists({id})` is also false if `{id}` succeeds and its response has no body");
        let help = format!("without a body, `{id}` is null, since every body in its description is a scalar \
                            or a list");
        Some(Diagnostic::new(&CODE, locate(range), message).with_related(step, "this step").with_help(help))
    };
    asked.into_iter().filter_map(of).collect()
}

/// Collects the id of each step that an `exists(step)` in the expression tests, with the range of that call.
fn collect<'e>(expr: &'e Expr, asked: &mut Vec<(&'e str, Range<usize>)>) {
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::List(items) | ExprKind::Logical(_, items) => {
            for item in items {
                collect(item, asked);
            }
        }
        ExprKind::Not(inner) => collect(inner, asked),
        ExprKind::Comparison(comparison) => {
            collect(&comparison.left, asked);
            collect(&comparison.right, asked);
        }
        ExprKind::Path(path) => {
            if let Base::Value(inner) = &path.base {
                collect(inner, asked);
            }
            for (selector, _) in &path.selectors {
                if let Selector::Filter(predicate) = selector {
                    collect(predicate, asked);
                }
            }
        }
        ExprKind::Call(call) => {
            if let ("exists", [argument]) = (call.function.name(), call.arguments.as_slice())
                && let ExprKind::Path(path) = &argument.kind
                && let (Base::Root(Root::Step(id), _), []) = (&path.base, path.selectors.as_slice())
            {
                asked.push((id, expr.range.clone()));
            }
            call.arguments.iter().for_each(|argument| collect(argument, asked));
        }
    }
}
