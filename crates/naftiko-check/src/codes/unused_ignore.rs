//! A comment without effect: it ignores a finding that does not occur, or is misplaced or malformed.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};

pub(crate) static CODE: Code = Code {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "a comment to `naftiko` does nothing: what it ignores is not there, or it stands or is written wrongly",
};

/// The comment ignores a code that is not reported in its range.
pub(crate) fn nothing_there(named: &Spanned<String>, whole_file: bool) -> Diagnostic {
    let place = if whole_file { "in this file" } else { "here" };
    let help = if whole_file {
        "take it away"
    } else {
        "take it away, or put it behind the finding or on the line above its key"
    };
    Diagnostic::new(&CODE, named.span, format!("there is no `{}` {place} to ignore", named.value)).with_help(help)
}

/// The comment ignores a code that cannot be ignored.
pub(crate) fn not_ignorable(named: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("`{}` cannot be ignored", named.value))
        .with_label("the text cannot be read")
        .with_help("mend it: nothing else is known of a text that cannot be read")
}

/// A comment with `ignore-file` is below the first key.
pub(crate) fn not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`ignore-file` stands below the beginning of the document")
        .with_help("put it above the first key, or write `ignore` for one finding")
}

/// A comment with `rules` is below the first key.
pub(crate) fn rules_not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`rules` stands below the beginning of the document")
        .with_help("put it above the first key: rules are for the whole document")
}

/// A comment with `rules` is malformed.
pub(crate) fn rules_not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment asks for no rule: it is not understood")
        .with_help("write `# naftiko: rules[governance]`, or the codes of single rules")
}

/// A comment with `ignore` or `ignore-file` is malformed.
pub(crate) fn not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment ignores nothing: it is not understood")
        .with_help("write `# naftiko: ignore[code, code] reason`, or `ignore-file[code]` above the first key")
}
