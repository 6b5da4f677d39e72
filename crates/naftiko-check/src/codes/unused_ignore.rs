//! A comment without effect: it ignores a finding that does not occur, or is misplaced or malformed.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};

pub(crate) static CODE: Code = Code {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "a comment for `naftiko` has no effect: it ignores no finding, is misplaced or malformed",
};

/// The comment ignores a code that is not reported in its range.
pub(crate) fn nothing_there(named: &Spanned<String>, whole_file: bool) -> Diagnostic {
    let place = if whole_file { "in this file" } else { "here" };
    let help = if whole_file {
        "remove it"
    } else {
        "remove it, or move it to the line of the finding or the line above its key"
    };
    Diagnostic::new(&CODE, named.span, format!("there is no `{}` {place} to ignore", named.value)).with_help(help)
}

/// The comment ignores a code that cannot be ignored.
pub(crate) fn not_ignorable(named: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("`{}` cannot be ignored", named.value))
        .with_label("the text cannot be read")
        .with_help("correct the error: the rest of the text cannot be checked before that")
}

/// A comment with `ignore-file` is below the first key.
pub(crate) fn not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`ignore-file` is below the first key")
        .with_help("move it above the first key, or write `ignore` for one finding")
}

/// A comment with `rules` is below the first key.
pub(crate) fn rules_not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`rules` is below the first key")
        .with_help("move it above the first key: rules apply to the whole document")
}

/// A comment with `rules` is malformed.
pub(crate) fn rules_not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment turns on no rule: it is malformed")
        .with_help("write `# naftiko: rules[governance]`, or the codes of single rules")
}

/// A comment with `ignore` or `ignore-file` is malformed.
pub(crate) fn not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment ignores nothing: it is malformed")
        .with_help("write `# naftiko: ignore[code, code] reason`, or `ignore-file[code]` above the first key")
}
