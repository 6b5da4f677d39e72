//! Durable runs from outside: killed anywhere, resumed, and seen by the other side.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test speaks by panicking")]
#![expect(clippy::print_stderr, reason = "a matrix says how large it was")]
#![cfg(unix)]

mod compositions;
mod journal;
mod life;
mod matrix;
mod process;
mod processes;
mod server;
mod wire;
