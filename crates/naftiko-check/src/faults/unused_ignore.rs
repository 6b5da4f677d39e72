//! A comment that does nothing: it ignores what is not there, or asks for rules where it is not heard.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};

pub(crate) static CODE: Code = Code {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "a comment to `naftiko` does nothing: what it ignores is not there, or it stands or is written wrongly",
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

/// It asks for rules and stands in the middle of the document.
pub(crate) fn rules_not_at_the_top(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "`rules` stands below the beginning of the document")
        .with_help("put it above the first key: rules are for the whole document")
}

/// It is not written as a comment that asks for rules.
pub(crate) fn rules_not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment asks for no rule: it is not understood")
        .with_help("write `# naftiko: rules[governance]`, or the codes of single rules")
}

/// It is not written as a comment that ignores.
pub(crate) fn not_understood(span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, span, "the comment ignores nothing: it is not understood")
        .with_help("write `# naftiko: ignore[code, code] reason`, or `ignore-file[code]` above the first key")
}
