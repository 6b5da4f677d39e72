//! What was reported of a text.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::codes::{ALIAS_BOMB, TOO_DEEP, TOO_LARGE, YAML_SYNTAX};

/// How many errors, and how many warnings, are kept; the rest of a file that is wrong throughout adds nothing.
const MOST: usize = 1_000;

/// Codes that end the reading, and so are always kept.
const LAST: [&Code; 4] = [&ALIAS_BOMB, &TOO_DEEP, &TOO_LARGE, &YAML_SYNTAX];

/// Diagnostics in the order they were found.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

impl Reports {
    /// Adds one, unless there are too many.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.severity() == Severity::Error;
        let before = if is_error { self.errors } else { self.diagnostics.len() - self.errors };
        if before < MOST || LAST.contains(&diagnostic.code) {
            self.errors += usize::from(is_error);
            self.diagnostics.push(diagnostic);
        }
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<&Diagnostic> {
        self.diagnostics.last()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}
