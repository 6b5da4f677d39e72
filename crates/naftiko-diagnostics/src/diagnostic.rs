//! The diagnostic itself.

use serde::Serialize;

use crate::Span;

/// How severe a problem is. Errors make `check` exit with 1 and stop `run` before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document cannot be run.
    Error,
    /// The document can be run, but probably does not do what its author wants.
    Warning,
    /// Something the author should know, such as what was inferred.
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

/// A kind of problem. Each is one `static` beside the code that finds it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// Its permanent name: kebab-case, naming the flaw and not the cure.
    pub id: &'static str,
    /// How severe it is.
    pub severity: Severity,
    /// The problem in one sentence.
    pub summary: &'static str,
}

impl Code {
    /// The URL of the page that explains it.
    pub fn url(&self) -> String {
        format!("https://github.com/naftiko/naftiko/blob/main/docs/codes/{}.md", self.id)
    }
}

/// A place that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What there is to see at the place, in other words than the message. May be empty for the primary place.
    pub text: String,
}

/// Whether a [`Fix`] may be made without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The meaning does not change, or what was meant is certain.
    Safe,
    /// A good guess; a person should look.
    Unsafe,
}

/// How the replacement of an [`Edit`] is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wording {
    /// As the bytes of the file.
    Verbatim,
    /// As part of the text that a scalar stands for, without the quotes and escapes it needs in the file. The
    /// diagnostics that `check` returns have them already.
    Scalar,
}

/// A replacement of one range of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The range to replace; empty to insert.
    pub span: Span,
    /// The text that replaces it.
    pub replacement: String,
    /// How the replacement is written.
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
    /// What the change does, as an imperative: ``replace it by `state` ``.
    pub title: String,
    /// Whether it may be made without asking.
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

    /// A fix of one edit that replaces `span`, a scalar or a part of one, by `words`, in whatever quotes the scalar has
    /// or needs.
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

/// One problem, found once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of problem.
    pub code: &'static Code,
    /// What is wrong: the one line to show if only one line can be shown.
    pub message: String,
    /// The exact place of the problem.
    pub primary: Label,
    /// Other places that explain it, perhaps in other files.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that fixes it.
    pub fix: Option<Fix>,
    /// Whether everything that was written is taken as it was written, in spite of the problem. Only some codes ask; for
    /// the others the code decides.
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

    /// Says that everything that was written is taken as it was written.
    #[must_use]
    pub fn taken_as_written(mut self) -> Self {
        self.is_taken_as_written = true;
        self
    }

    /// Sets the text shown at the exact place.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that explains it.
    #[must_use]
    pub fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help: what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a change that fixes it.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Asks whether `name` was meant at the exact place, and offers to put it there. This is a guess, so the fix is
    /// unsafe.
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

    /// Makes it an error, whatever the severity of its code.
    #[must_use]
    pub fn denied(mut self) -> Self {
        self.denied = true;
        self
    }

    /// How severe it is: as its code says, unless it was denied.
    pub fn severity(&self) -> Severity {
        if self.denied { Severity::Error } else { self.code.severity }
    }
}

/// A finding that comments ignore.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ignored {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// Why, as each comment that ignores it says; empty where one does not say.
    pub reasons: Vec<String>,
}

/// Whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
}

/// Sorts diagnostics into reading order: by file, then place, then severity, then code. The sort is stable.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(Diagnostic::place_in_order);
}

impl Diagnostic {
    /// What [`sort`] goes by.
    pub fn place_in_order(&self) -> (Span, Severity, &'static str) {
        (self.primary.span, self.severity(), self.code.id)
    }
}
