//! What is wrong with a template, and why it gives no text.

use std::fmt;
use std::ops::Range;

/// A mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake it is.
    pub kind: ProblemKind,
    /// The bytes of the template that are wrong.
    pub range: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The name that was meant, where one is near enough to guess: what a tool may offer to write.
    pub candidates: Vec<&'static str>,
}

/// Kinds of mistakes in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It cannot be read, or uses a statement that there is not.
    Syntax,
    /// A filter, a test or a function that there is not, or one that is given the wrong arguments.
    Filter,
    /// A name that has no value.
    Name,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { kind, range, message: message.into(), help: None, candidates: Vec::new() }
    }

    pub(crate) fn syntax(range: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Syntax, range, message)
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// Why a template gives no text. It shows what the author wrote and never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// What kind of failure it is.
    pub kind: RenderErrorKind,
    /// What happened, in one line.
    pub message: String,
    /// The bytes of the template where it happened.
    pub range: Range<usize>,
}

/// Kinds of failures of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderErrorKind {
    /// A value that is read is not there.
    Missing,
    /// A value is of the wrong kind, or an operation has no result for it.
    Type,
    /// It computes for too long.
    Work,
    /// A text or a list that it makes is too long, or all of them together are.
    Size,
}

/// A failure whose place is not put into words yet.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: RenderErrorKind,
    why: String,
    range: Option<Range<usize>>,
}

/// The most characters of a template that a message quotes.
const MAX_QUOTED: usize = 60;

impl Failure {
    pub(crate) fn new(kind: RenderErrorKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into(), range: None }
    }

    pub(crate) fn type_error(why: impl Into<String>) -> Self {
        Self::new(RenderErrorKind::Type, why)
    }

    /// Says where it happened, unless that is known more exactly.
    pub(crate) fn at(mut self, range: &Range<usize>) -> Self {
        self.range.get_or_insert_with(|| range.clone());
        self
    }

    pub(crate) fn told(self, source: &str) -> RenderError {
        let range = self.range.unwrap_or(0..source.len());
        let quoted = source.get(range.clone()).unwrap_or_default().trim();
        let cut: String = quoted.chars().take(MAX_QUOTED).collect();
        let more = if cut.len() < quoted.len() { "…" } else { "" };
        let quoted = cut.split_whitespace().collect::<Vec<_>>().join(" ");
        RenderError { kind: self.kind, message: format!("{} in `{quoted}{more}`", self.why), range }
    }
}
