//! Collects the diagnostics of a text.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::codes::{ALIAS_BOMB, TOO_DEEP, TOO_LARGE, YAML_SYNTAX};

/// The maximum number of errors, and of warnings; more of them would add nothing.
const MOST: usize = 1_000;

/// Codes that end reading, and are therefore always reported.
const LAST: [&Code; 4] = [&ALIAS_BOMB, &TOO_DEEP, &TOO_LARGE, &YAML_SYNTAX];

/// Diagnostics in the order they were found.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

impl Reports {
    /// Adds a diagnostic, unless there are too many.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.severity() == Severity::Error;
        let before = if is_error { self.errors } else { self.diagnostics.len() - self.errors };
        if before < MOST || LAST.contains(&diagnostic.code) {
            self.errors += usize::from(is_error);
            self.diagnostics.push(diagnostic);
        }
    }

    /// The last diagnostic.
    pub(crate) fn last(&self) -> Option<&Diagnostic> {
        self.diagnostics.last()
    }

    /// Whether there are no diagnostics.
    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All diagnostics.
    pub(crate) fn into_vec(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}
