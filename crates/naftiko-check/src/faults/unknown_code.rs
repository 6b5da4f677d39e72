//! A comment that ignores a code that does not exist.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Spanned, nearest};

pub(crate) static CODE: Code = Code {
    id: "unknown-code",
    severity: Severity::Warning,
    summary: "a comment ignores a code that does not exist",
};

pub(crate) fn report(named: &Spanned<String>, known: &[&'static Code]) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, named.span, format!("there is no code `{}`", named.value));
    match nearest(&named.value, known.iter().map(|code| code.id)) {
        // In a comment there are no quotes.
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")).with_fix(Fix::replace(
            format!("replace it by `{near}`"),
            named.span,
            near,
            Applicability::Unsafe,
        )),
        None => diagnostic.with_help("every finding shows its code in brackets: `error[unknown-step]`"),
    }
}
