//! The problems of templates, and the errors of rendering.

use std::fmt;
use std::ops::Range;

/// A problem in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub kind: ProblemKind,
    /// The byte range of the problem in the template.
    pub range: Range<usize>,
    /// The problem in one line.
    pub message: String,
    /// A correction.
    pub help: Option<String>,
    /// The names that were possibly meant, which a tool may offer.
    pub candidates: Vec<&'static str>,
}

/// The kinds of problems in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A syntax error, or an unknown statement.
    Syntax,
    /// An unknown filter, test or function, or wrong arguments for one.
    Filter,
    /// A name without a value.
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

/// The error of a rendering. It quotes the template and never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// The kind of error.
    pub kind: RenderErrorKind,
    /// The error in one line.
    pub message: String,
    /// The byte range in the template where it occurred.
    pub range: Range<usize>,
}

/// The kinds of rendering errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderErrorKind {
    /// A value is missing.
    Missing,
    /// A value is of the wrong type, or an operation has no result for it.
    Type,
    /// The work limit was exceeded.
    Work,
    /// A created text or list is too long, or the total of all created values is too large.
    Size,
}

/// An error without its quotation of the template.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: RenderErrorKind,
    why: String,
    range: Option<Range<usize>>,
}

/// The maximum number of characters of a template that a message quotes.
const MAX_QUOTED: usize = 60;

impl Failure {
    pub(crate) fn new(kind: RenderErrorKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into(), range: None }
    }

    pub(crate) fn type_error(why: impl Into<String>) -> Self {
        Self::new(RenderErrorKind::Type, why)
    }

    /// Sets the position of the error, unless a more exact one is set.
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
