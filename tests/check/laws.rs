//! Applies the laws to all documents and expressions in the repository.

use std::panic::catch_unwind;

use naftiko_tests::laws::{check, expression, fix, yaml};
use naftiko_tests::seeds::Seeds;

/// Applies a law to all seeds, and prints the seed for which it is broken.
fn holds<'s>(law: fn(&[u8]), seeds: impl Iterator<Item = &'s [u8]>) {
    let mut tried = 0;
    for seed in seeds {
        let held = catch_unwind(|| law(seed));
        assert!(held.is_ok(), "broken for:\n{}", String::from_utf8_lossy(seed));
        tried += 1;
    }
    assert!(tried > 100, "only {tried} were tried");
}

#[test]
fn of_reading() {
    let seeds = Seeds::collect();
    let strings = seeds.strings.iter().map(String::as_bytes);
    holds(yaml::hold, seeds.documents.iter().map(Vec::as_slice).chain(strings));
}

#[test]
fn of_expressions() {
    holds(expression::hold, Seeds::collect().strings.iter().map(String::as_bytes));
}

#[test]
fn of_checking() {
    holds(check::hold, Seeds::collect().documents.iter().map(Vec::as_slice));
}

#[test]
fn of_fixing() {
    holds(fix::hold, Seeds::collect().documents.iter().map(Vec::as_slice));
}
