//! Where tests end a process: right behind a record that is kept, before anything comes of it.
//!
//! Only a debug build knows of it. `NAFTIKO_TEST_HALT_AFTER=7` makes the process stand still once the seventh record of
//! a run is durable, and say so on standard error; whoever started it then kills it. 0 is before the first record.
#![cfg_attr(
    debug_assertions,
    expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")
)]

/// Stands still here for ever, if a test asked for it.
#[cfg(debug_assertions)]
pub(crate) fn halt_after(seq: u64) {
    let asked = std::env::var("NAFTIKO_TEST_HALT_AFTER").ok().and_then(|asked| asked.parse().ok());
    if asked != Some(seq) {
        return;
    }
    let _unread = super::Stream::Err.write(&naftiko_text::printable!("halted after {}\n", seq));
    super::pause(std::time::Duration::from_mins(1));
    // Nobody came.
    std::process::abort();
}

/// Does nothing: this is no build for tests.
#[cfg(not(debug_assertions))]
pub(crate) fn halt_after(_: u64) {}
