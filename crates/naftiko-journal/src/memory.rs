//! A journal that lives as long as the process.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use indexmap::IndexMap;

use crate::{Entry, Journal, JournalError, Record, Standing};

/// A journal in memory, for runs that are not resumed.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    runs: Mutex<IndexMap<String, Vec<Record>>>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// All records of a run, in order; empty for a run that has not started.
    pub fn records(&self, run: &str) -> Vec<Record> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(run).cloned().unwrap_or_default()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, run: &str, entries: Vec<Entry>, _: Standing) -> Result<(), JournalError> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.entry(run.to_owned()).or_default().extend(entries.into_iter().map(|entry| entry.record));
        Ok(())
    }
}
