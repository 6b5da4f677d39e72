//! A value that may be absent, where one is required.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};
use naftiko_expr::{Base, ExprKind, Expression, Path, Presence, Reference, Root};

use crate::analyses::inference::Candidate;
use crate::ir::slots::Parameter;
use crate::analyses::symbols::Names;

pub(crate) static CODE: Code = Code {
    id: "possibly-absent",
    severity: Severity::Error,
    summary: "a required value may be absent",
};

/// The part of a composition that requires a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    /// A step: its arguments, the values that an external step passes on, its `forEach` list.
    Step,
    /// The `when` of a step, which decides whether the step runs.
    Condition,
    /// An output of the composition.
    Output,
}

/// Reports an expression of edition 0.2. `presence` is the presence of its value.
pub(crate) fn report(
    expression: &Expression,
    span: Span,
    presence: Presence,
    needed: Needed,
    names: &Names<'_>,
) -> Diagnostic {
    let text = shown(expression);
    let how = if presence == Presence::Never { "is always absent" } else { "may be absent" };
    let why = names.why_absent(expression);
    let may_be_skipped = why.as_ref().is_some_and(|why| why.is_skipped);
    let proof = |reference: &Reference| match &reference.root {
        Root::Step(id) if !may_be_skipped && names.can_prove(id) => {
            Some(format!("prove that it is present with an `expect` or `until` of `{id}`"))
        }
        Root::Inputs if names.may_lack_input(reference) => {
            Some("make the input `required: true`, or give it a `default`".to_owned())
        }
        _ => None,
    };
    let diagnostic = Diagnostic::new(&CODE, span, format!("`{text}` {how}"))
        .with_label("a value is required here")
        .with_help(help(expression, &text, needed, &proof));
    match why {
        Some(why) => diagnostic.with_related(why.span, why.why),
        None => diagnostic,
    }
}

/// Reports a required parameter of edition 0.1 that is inferred from an optional input.
pub(crate) fn inferred(named: &Spanned<String>, parameter: &Parameter, candidate: &Candidate) -> Diagnostic {
    let name = parameter.slot.name();
    Diagnostic::new(
        &CODE,
        named.span,
        format!("`{}` requires `{name}`, but {} may be absent", named.value, candidate.words),
    )
    .with_label(format!("takes `{name}`"))
    .with_related(candidate.span, "not required")
    .with_help("make the input `required: true`")
}

/// The ways to guarantee a value that suit the expression and its use. `proof` adds one for a reference; it gives
/// `None` for a step that may be skipped and for a list of several responses, about which nothing can be proved.
fn help(
    expression: &Expression,
    text: &str,
    needed: Needed,
    proof: &dyn Fn(&Reference) -> Option<String>,
) -> String {
    let mut covers = vec![match needed {
        Needed::Condition => format!("give a default: `{text} ?? false`"),
        Needed::Step | Needed::Output => format!("give a default: `{text} ?? …`"),
    }];
    let references = expression.references();
    let of_item = |reference: &Reference| matches!(reference.root, Root::Item | Root::Index);
    if needed == Needed::Step {
        match text.strip_prefix("item") {
            // `when` is evaluated once, without an item.
            Some(rest) if is_path(expression) && references.iter().all(of_item) => {
                covers.push(format!("filter the items: `forEach: …[? exists(@{rest})]`"));
            }
            _ if references.iter().any(of_item) => {}
            _ => covers.push(format!("add a condition: `when: exists({text})`")),
        }
    }
    covers.extend(references.iter().find_map(proof));
    match covers.split_last() {
        Some((last, others @ [_, ..])) => format!("{}, or {last}", others.join(", ")),
        _ => covers.concat(),
    }
}

/// Whether an expression is a path from a root, such as `inputs.id`.
fn is_path(expression: &Expression) -> bool {
    matches!(expression.root().kind, ExprKind::Path(Path { base: Base::Root(..), .. }))
}

/// The text of the expression on one line, cut to 60 characters.
fn shown(expression: &Expression) -> String {
    let line = expression.text().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    line.chars().take(59).chain(['…']).collect()
}
