//! The fault table: every mistake is found exactly once, at its place, and clean documents have no findings.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use naftiko_tests::faults::{Score, Verdict, score};

/// The score of all mistakes, which takes seconds to compute.
static SCORE: LazyLock<Score> = LazyLock::new(|| score().unwrap_or_else(|wrong| panic!("{wrong}")));

#[test]
fn every_mistake_is_found_at_its_place_and_nothing_else_is() {
    let score = &*SCORE;
    let all_found = score.outcomes.iter().all(|outcome| outcome.verdict == Verdict::Found);
    assert!(all_found && score.alarms.is_empty(), "{score}");
}

#[test]
fn the_table_is_large_and_goes_over_both_editions() {
    let score = &*SCORE;
    let bases: BTreeSet<&str> = score.outcomes.iter().map(|outcome| outcome.fault.base.as_str()).collect();
    assert!(score.outcomes.len() >= 60, "{} mistakes", score.outcomes.len());
    for base in ["onboarding", "onboarding-0.2", "clean-0.1", "clean-0.2", "team", "capabilities"] {
        assert!(bases.contains(base), "no mistake is made in `{base}`");
    }
}
