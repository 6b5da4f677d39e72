//! Diagnostics, and their codes and fixes.

use serde::Serialize;

use crate::Span;

/// The severity of a problem. Errors make `check` exit with 1 and stop `run` before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document cannot be run.
    Error,
    /// The document can be run, but probably does not do what its author wants.
    Warning,
    /// Information for the author, such as what was inferred.
    Note,
}

impl Severity {
    /// The word shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A kind of problem. Each code is one `static` next to the code that reports it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// The permanent name: kebab-case, naming the flaw and not the cure.
    pub id: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The problem in one sentence.
    pub summary: &'static str,
}

impl Code {
    /// The URL of the documentation page.
    pub fn url(&self) -> String {
        format!("https://github.com/naftiko/naftiko/blob/main/docs/codes/{}.md", self.id)
    }
}

/// A position that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// The position.
    pub span: Span,
    /// A text about the position, in other words than the message. May be empty for the primary position.
    pub text: String,
}

/// Whether a [`Fix`] may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The meaning does not change, or the intention is certain.
    Safe,
    /// A good guess; a person should look.
    Unsafe,
}

/// The notation of an [`Edit`]'s replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wording {
    /// As the bytes of the file.
    Verbatim,
    /// Part of the text of a scalar, without the quotes and escapes that it needs in the file. The diagnostics that
    /// `check` returns already contain them.
    Scalar,
}

/// A replacement of one range of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The range to replace; empty to insert.
    pub span: Span,
    /// The text that replaces it.
    pub replacement: String,
    /// The notation of the replacement.
    pub wording: Wording,
}

impl Edit {
    /// Replaces `span` by these bytes.
    pub fn new(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into(), wording: Wording::Verbatim }
    }
}

/// A change to the documents that fixes the problem.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    /// A title in the imperative: ``replace it by `state` ``.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
    /// The edits, none overlapping.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix of one edit that replaces `span` by the bytes of `replacement`.
    pub fn replace(
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        Self { title: title.into(), applicability, edits: vec![Edit::new(span, replacement)] }
    }

    /// A fix of one edit that replaces `span`, a scalar or a part of one, by the text `words`, with the quotes that the
    /// scalar has or needs.
    pub fn reword(
        title: impl Into<String>,
        span: Span,
        words: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        let edit = Edit { wording: Wording::Scalar, ..Edit::new(span, words) };
        Self { title: title.into(), applicability, edits: vec![edit] }
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of problem.
    pub code: &'static Code,
    /// The problem in one line, which must suffice on its own.
    pub message: String,
    /// The exact position of the problem.
    pub primary: Label,
    /// Other positions that explain it, perhaps in other files.
    pub related: Vec<Label>,
    /// Advice.
    pub help: Option<String>,
    /// A fix.
    pub fix: Option<Fix>,
    /// Whether the author's text is taken literally in spite of the problem. Only some codes depend on it; for the
    /// others the code decides.
    pub is_taken_as_written: bool,
    denied: bool,
}

impl Diagnostic {
    /// A problem of kind `code` at `span`.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            help: None,
            fix: None,
            is_taken_as_written: false,
            denied: false,
        }
    }

    /// Marks the author's text as taken literally in spite of the problem.
    #[must_use]
    pub fn taken_as_written(mut self) -> Self {
        self.is_taken_as_written = true;
        self
    }

    /// Sets the text shown at the exact position.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a position that explains the problem.
    #[must_use]
    pub fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Suggests `name` at the exact position, with a fix. A suggestion is a guess, so the fix is unsafe.
    #[must_use]
    pub fn with_suggestion(self, name: &str) -> Self {
        let span = self.primary.span;
        self.with_help(format!("did you mean `{name}`?")).with_fix(Fix::reword(
            format!("replace it by `{name}`"),
            span,
            name,
            Applicability::Unsafe,
        ))
    }

    /// Turns the diagnostic into an error, whatever the severity of its code.
    #[must_use]
    pub fn denied(mut self) -> Self {
        self.denied = true;
        self
    }

    /// The severity: that of the code, unless the diagnostic was denied.
    pub fn severity(&self) -> Severity {
        if self.denied { Severity::Error } else { self.code.severity }
    }
}

/// A finding that a comment suppresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ignored {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The reasons in the suppressing comments; empty for a comment without one.
    pub reasons: Vec<String>,
}

/// Whether any diagnostic is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
}

/// Sorts diagnostics into reading order: by file, then position, then severity, then code. The sort is stable.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(Diagnostic::place_in_order);
}

impl Diagnostic {
    /// The sort key of [`sort`].
    pub fn place_in_order(&self) -> (Span, Severity, &'static str) {
        (self.primary.span, self.severity(), self.code.id)
    }
}
