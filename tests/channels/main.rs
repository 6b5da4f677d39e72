//! External steps, tested from outside: messages over real sockets, processes killed around them, answers returned.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test speaks by panicking"
)]
#![cfg(unix)]

mod callback;
mod command;
mod email;
#[path = "../durable/process.rs"]
#[expect(dead_code, reason = "the tests of durable runs need more of it")]
mod process;
mod receiver;
mod scene;
mod smtp;
mod webhook;
