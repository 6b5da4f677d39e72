//! A journal that lives as long as the process.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{Event, Journal, JournalError, Record};

/// Keeps records in memory: for runs nobody will resume.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    runs: IndexMap<String, Vec<Record>>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, run: &str, at: Timestamp, event: Event) -> Result<Record, JournalError> {
        let records = self.runs.entry(run.to_owned()).or_default();
        let seq = records.last().map_or(1, |last| last.seq + 1);
        let record = Record { run: run.to_owned(), seq, at, event };
        records.push(record.clone());
        Ok(record)
    }

    fn read(&self, run: &str) -> Result<Vec<Record>, JournalError> {
        Ok(self.runs.get(run).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_counts_from_one_in_its_own_order() {
        let mut journal = MemoryJournal::new();
        for (run, step) in [("a", "x"), ("b", "y"), ("a", "z")] {
            journal.append(run, Timestamp::UNIX_EPOCH, Event::StepAsked { step: step.into() }).unwrap();
        }
        let kept: Vec<_> = journal
            .read("a")
            .unwrap()
            .into_iter()
            .map(|record| (record.seq, record.event.step().map(str::to_owned)))
            .collect();
        assert_eq!(kept, [(1, Some("x".to_owned())), (2, Some("z".to_owned()))]);
        assert_eq!(journal.read("b").unwrap().len(), 1);
        assert!(journal.read("nobody").unwrap().is_empty());
    }
}
