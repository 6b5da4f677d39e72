//! Detects a lasting shortage of resources on this machine, after which the run is left to be resumed.

use std::collections::HashMap;

use naftiko_adapter::{Failure, FailureKind};

use crate::core::unanswered::PERSISTENT;

/// The steps whose latest attempts lacked a local resource or were cut off, with the number of such attempts in a row.
#[derive(Debug, Default)]
pub(super) struct Shortages(HashMap<String, u32>);

impl Shortages {
    /// Counts the outcome of an attempt.
    pub(super) fn ended<T>(&mut self, step: &str, outcome: &Result<T, Failure>) {
        let kind = outcome.as_ref().err().map(|failure| failure.kind);
        if matches!(kind, Some(FailureKind::LocalShortage | FailureKind::CutOff)) {
            let count = self.0.entry(step.to_owned()).or_default();
            *count = count.saturating_add(1);
        } else {
            self.0.remove(step);
        }
    }

    /// Whether a step has failed in this way for long enough.
    pub(super) fn persist(&self) -> bool {
        self.0.values().any(|count| *count >= PERSISTENT)
    }
}
