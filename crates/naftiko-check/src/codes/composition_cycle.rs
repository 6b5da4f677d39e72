//! A composition that contains itself.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};

use crate::ir::sub_composition::Opened;

pub(crate) static CODE: Code = Code {
    id: "composition-cycle",
    severity: Severity::Error,
    summary: "compositions run each other in a cycle",
};

/// The maximum nesting depth of sub-compositions.
pub(crate) const DEEPEST: usize = 64;

/// The most steps in a plan. The steps of a sub-composition count once for each step that runs it.
pub(crate) const MOST_STEPS: usize = 100_000;

/// `chain` holds the composition that would run itself and the sub-compositions within it, outermost first.
pub(crate) fn report(named: &Spanned<String>, chain: &[Opened]) -> Diagnostic {
    let names = chain.iter().chain(chain.first()).map(|opened| format!("`{}`", opened.name));
    let message = match chain {
        [only] => format!("`{}` runs itself", only.name),
        _ => format!("compositions run each other in a cycle: {}", names.collect::<Vec<_>>().join(" → ")),
    };
    let diagnostic = Diagnostic::new(&CODE, named.span, message)
        .with_label("runs the composition that contains it")
        .with_help("remove one of these steps");
    chain.iter().skip(1).fold(diagnostic, |diagnostic, opened| match opened.from {
        Some(span) => diagnostic.with_related(span, format!("runs `{}`", opened.name)),
        None => diagnostic,
    })
}

/// Sub-compositions are nested deeper than [`DEEPEST`], which includes endless nesting.
pub(crate) fn too_deep(named: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("compositions are nested more than {DEEPEST} deep"))
        .with_help("run some of them in sequence")
}

/// The plan would have more than [`MOST_STEPS`] steps. `named` is the sub-composition whose steps exceed the maximum.
pub(crate) fn too_many(named: &Spanned<String>) -> Diagnostic {
    let message =
        format!("with the steps of `{}`, the plan has more than {MOST_STEPS} steps", named.value);
    Diagnostic::new(&CODE, named.span, message)
        .with_label("runs compositions that run the same compositions again")
        .with_help("run it in one step with `forEach`, or remove some of these steps")
}
