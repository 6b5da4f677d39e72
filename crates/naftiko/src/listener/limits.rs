//! The limits of a listener.

use std::time::Duration;

use crate::world;

/// The most connections at once, however many files this process may open.
const MOST_CONNECTIONS: u64 = 256;
/// The fewest: with less, one slow peer would shut out everybody else.
const FEWEST_CONNECTIONS: u64 = 4;
/// The part of the files that this process may open which a listener takes: one in so many. The others are for runs.
const SHARE: u64 = 4;

/// What each peer, and all peers together, may take.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Requests on one connection.
    pub(crate) requests: usize,
    /// Requests that are computed at the same time.
    pub(crate) computed: usize,
    /// The length of a request's head.
    pub(crate) head_bytes: usize,
    /// How long a head may take, from its first byte or from the beginning of the connection.
    pub(crate) head_time: Duration,
    /// The length of a body.
    pub(crate) body_bytes: usize,
    /// The length of all bodies that are being read or worked on.
    pub(crate) bodies_bytes: usize,
    /// How long a body may take.
    pub(crate) body_time: Duration,
    /// How long a peer may take to read a response.
    pub(crate) write_time: Duration,
    /// How long a connection may be kept without a request.
    pub(crate) idle_time: Duration,
}

impl Limits {
    /// Limits for bodies of at most `body_bytes`, with as many connections as leave enough files for everything else
    /// that this process does.
    pub(crate) fn for_this_process(body_bytes: usize) -> Self {
        let connections = world::open_files().map_or(MOST_CONNECTIONS, connections);
        Self {
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
            requests: 1000,
            computed: 4,
            head_bytes: 64 << 10,
            head_time: Duration::from_secs(10),
            body_bytes,
            bodies_bytes: body_bytes.saturating_mul(2).max(16 << 20),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(30),
        }
    }
}

/// How many connections leave enough of `files` for runs.
fn connections(files: u64) -> u64 {
    (files / SHARE).clamp(FEWEST_CONNECTIONS, MOST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_leaves_most_files_to_runs() {
        for (files, expected) in [(0, 4), (20, 5), (128, 32), (1024, 256), (1 << 20, 256), (u64::MAX, 256)] {
            assert_eq!(connections(files), expected, "{files}");
        }
    }
}
