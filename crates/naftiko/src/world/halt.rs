//! Test hook: halts the process directly after a record was committed, before the record has any consequence.
//!
//! Compiled only in debug builds. With `NAFTIKO_TEST_HALT_AFTER=7`, the process stops once the seventh record of a run
//! is durable and reports this on standard error; the test then kills it. 0 means before the first record.
#![cfg_attr(
    debug_assertions,
    expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")
)]

/// Halts here, if the test hook names this record.
#[cfg(debug_assertions)]
pub(crate) fn halt_after(seq: u64) {
    let asked = std::env::var("NAFTIKO_TEST_HALT_AFTER").ok().and_then(|asked| asked.parse().ok());
    if asked != Some(seq) {
        return;
    }
    let _unread = super::Stream::Err.write(&naftiko_text::printable!("halted after {}\n", seq));
    super::pause(std::time::Duration::from_mins(1));
    // The test did not kill the process.
    std::process::abort();
}

/// Does nothing in builds without the test hook.
#[cfg(not(debug_assertions))]
pub(crate) fn halt_after(_: u64) {}
