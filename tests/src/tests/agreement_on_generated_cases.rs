//! The law that check, the mock and the run agree, on a bounded number of generated cases.

use std::collections::BTreeMap;

use crate::laws::agreement::agrees_for;

/// The number of cases that take a few seconds in an unoptimized build.
const CASES: u64 = 400;

#[test]
fn check_the_mock_and_the_run_agree_on_generated_cases() {
    let number = |name: &str| std::env::var(name).ok().and_then(|count| count.parse().ok());
    let (first, cases) = (number("NAFTIKO_SEED").unwrap_or(0), number("NAFTIKO_CASES").unwrap_or(CASES));
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for seed in first..first + cases {
        if let Err(disagreement) = agrees_for(seed) {
            found.entry(disagreement.kind).or_default().push(format!("seed {seed}: {disagreement}"));
        }
    }
    let shown = found.iter().map(|(kind, all)| format!("{} of: {kind}\n{}", all.len(), all.join("\n")));
    assert!(found.is_empty(), "{}", shown.collect::<Vec<_>>().join("\n\n"));
}
