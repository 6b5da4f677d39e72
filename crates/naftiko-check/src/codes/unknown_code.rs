//! A comment that ignores a code, or selects a rule, that does not exist.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Spanned, NameIndex, nearest, one_of};

pub(crate) static CODE: Code = Code {
    id: "unknown-code",
    severity: Severity::Warning,
    summary: "a comment names a code that does not exist",
};

/// A comment selects a rule that does not exist.
pub(crate) fn no_rule(named: &Spanned<String>, known: &[&'static str]) -> Diagnostic {
    let message = format!("there is no rule `{}`", named.value);
    let diagnostic = Diagnostic::new(&CODE, named.span, message);
    match nearest(&named.value, known.iter().copied()) {
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")).with_fix(Fix::replace(
            format!("replace it by `{near}`"),
            named.span,
            near,
            Applicability::Unsafe,
        )),
        None => diagnostic.with_help(format!("there is {}", one_of(known))),
    }
}

/// A comment ignores a code that does not exist.
pub(crate) fn report(named: &Spanned<String>, known: &NameIndex<&'static str>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, named.span, format!("there is no code `{}`", named.value));
    match known.nearest(&named.value) {
        // Names in comments are not quoted, so the replacement is not either.
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")).with_fix(Fix::replace(
            format!("replace it by `{near}`"),
            named.span,
            near,
            Applicability::Unsafe,
        )),
        None => diagnostic.with_help("every finding shows its code in brackets: `error[unknown-step]`"),
    }
}
