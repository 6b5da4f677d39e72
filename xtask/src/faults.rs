//! The score of the fault table.

use anyhow::{anyhow, bail};
use naftiko_tests::faults::{self, Verdict};

/// Prints what became of every mistake, and fails unless all are found and nothing else is.
pub(crate) fn run() -> anyhow::Result<()> {
    let score = faults::score().map_err(|error| anyhow!(error))?;
    print!("{score}");
    if score.outcomes.iter().any(|outcome| outcome.verdict != Verdict::Found) || !score.alarms.is_empty() {
        bail!("not every mistake is found, at its place, and nothing else");
    }
    Ok(())
}
