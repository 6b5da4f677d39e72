//! When to leave a run to be resumed, since this machine lacks what its attempts need.

use std::collections::HashMap;

use naftiko_adapter::{Failure, FailureKind};

use crate::core::unanswered::PERSISTENT;

/// The steps whose latest attempts this machine had no means for, and how many attempts that were.
#[derive(Debug, Default)]
pub(super) struct Shortages(HashMap<String, u32>);

impl Shortages {
    /// What came of an attempt of a step.
    pub(super) fn ended<T>(&mut self, step: &str, outcome: &Result<T, Failure>) {
        let kind = outcome.as_ref().err().map(|failure| failure.kind);
        if matches!(kind, Some(FailureKind::LocalShortage | FailureKind::CutOff)) {
            let count = self.0.entry(step.to_owned()).or_default();
            *count = count.saturating_add(1);
        } else {
            self.0.remove(step);
        }
    }

    /// Whether a step has waited for long enough.
    pub(super) fn persist(&self) -> bool {
        self.0.values().any(|count| *count >= PERSISTENT)
    }
}
