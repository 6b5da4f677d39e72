//! Prints the score of the fault table.

use anyhow::{anyhow, bail};
use naftiko_tests::faults::{self, Verdict};

/// Prints the verdict for every planted mistake. Fails unless all are found and nothing else is reported.
pub(crate) fn run() -> anyhow::Result<()> {
    let score = faults::score().map_err(|error| anyhow!(error))?;
    print!("{score}");
    if score.outcomes.iter().any(|outcome| outcome.verdict != Verdict::Found) || !score.alarms.is_empty() {
        bail!("not every mistake is found, at its place, and nothing else");
    }
    Ok(())
}
