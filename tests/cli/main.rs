//! The command line from outside: exit codes, standard output and standard error, and what goes over the wire.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes its own files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test speaks by panicking"
)]
#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

#[cfg(unix)]
mod approvals;
mod approvals_at_a_terminal;
#[cfg(unix)]
mod approvals_command;
mod cases;
mod changed;
mod command;
mod corpus;
#[cfg(unix)]
mod credentials;
mod egress;
mod escaping;
mod every_key;
mod explain;
#[cfg(unix)]
mod fix;
mod formats;
#[cfg(unix)]
mod given_later;
mod held;
mod hostile;
#[cfg(unix)]
mod leaks;
mod memory;
#[cfg(target_os = "linux")]
mod mock;
mod mocked;
mod paginate;
mod refused;
mod runs;
mod secrets;
mod secureauth;
mod shipped;
mod streams;
mod terminal;
mod tested;
mod tutorial;
mod verbose;
mod watch;
mod wire;
