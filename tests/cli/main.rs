//! The command line from outside: exit codes, standard output and standard error, and what goes over the wire.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test speaks by panicking")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

mod command;
mod corpus;
mod explain;
#[cfg(unix)]
mod fix;
mod formats;
mod hostile;
mod mock;
mod paginate;
mod refused;
mod secrets;
mod streams;
mod unsupported;
mod watch;
mod wire;
