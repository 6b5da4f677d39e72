//! Durable runs from outside: killed at any point, resumed, and observed by the provider.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test speaks by panicking"
)]
#![expect(clippy::match_same_arms, reason = "the routes of a server, one by one")]
#![cfg(unix)]

mod altered;
mod compositions;
mod journal;
mod life;
mod matrix;
mod process;
mod processes;
mod server;
mod shortage;
mod signals;
mod unstarted;
mod wire;
