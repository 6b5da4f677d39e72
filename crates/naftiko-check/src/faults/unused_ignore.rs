//! A comment that ignores what is not there.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};

pub(crate) static CODE: Code = Code {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "a comment ignores a finding that is not there",
};

/// There is no such finding where the comment speaks of.
pub(crate) fn nothing_there(named: &Spanned<String>, whole_file: bool) -> Diagnostic {
    let place = if whole_file { "in this file" } else { "here" };
    let help = if whole_file {
        "take it away"
    } else {
        "take it away, or put it behind the finding or on the line above its key"
    };
    Diagnostic::new(&CODE, named.span, format!("there is no `{}` {place} to ignore", named.value)).with_help(help)
}

/// It names what cannot be ignored.
pub(crate) fn not_ignorable(named: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("`{}` cannot be ignored", named.value))
        .with_label("the text cannot be read")
        .with_help("mend it: nothing else is known of a text that cannot be read")
}

/// It speaks of the whole file and stands in the middle of it.
pub(crate) fn not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`ignore-file` stands below the beginning of the document")
        .with_help("put it above the first key, or write `ignore` for one finding")
}

/// It is not written as a comment that ignores.
pub(crate) fn not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment ignores nothing: it is not understood")
        .with_help("write `# naftiko: ignore[code, code] reason`, or `ignore-file[code]` above the first key")
}
