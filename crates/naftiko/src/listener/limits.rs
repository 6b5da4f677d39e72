//! The limits of a listener.

use std::time::Duration;

use crate::world;

/// The maximum number of connections, even if this process may open more files.
const MOST_CONNECTIONS: u64 = 256;
/// The minimum number of connections: with fewer, one slow peer could block all others.
const FEWEST_CONNECTIONS: u64 = 4;
/// A listener takes one in `SHARE` of the files that this process may open; the rest is for runs.
const SHARE: u64 = 4;

/// The limits for each peer and for all peers together.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The number of concurrent connections.
    pub(crate) connections: usize,
    /// The number of requests on one connection.
    pub(crate) requests: usize,
    /// The number of requests that are computed at the same time.
    pub(crate) computed: usize,
    /// The length of the head of a request.
    pub(crate) head_bytes: usize,
    /// The time for a head, from its first byte or from the start of the connection.
    pub(crate) head_time: Duration,
    /// The length of a body.
    pub(crate) body_bytes: usize,
    /// The total length of all bodies that are being read or processed.
    pub(crate) bodies_bytes: usize,
    /// The time for a body.
    pub(crate) body_time: Duration,
    /// The time for the peer to read a response.
    pub(crate) write_time: Duration,
    /// The time that a connection may be idle between requests.
    pub(crate) idle_time: Duration,
}

impl Limits {
    /// The limits for bodies of at most `body_bytes` bytes. The number of connections leaves enough files for the other
    /// work of this process.
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

/// The number of connections that leaves enough of `files` for runs.
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
