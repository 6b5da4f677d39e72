//! Keeps track of all connections of a listener, and decides which one is closed to make room for another. Pure.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};

/// The event that a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The peer may send another request.
    Idle,
    /// The peer is sending the head of a request.
    Head,
    /// The peer is sending a body.
    Body,
    /// The peer is reading a response.
    Writing,
    /// This process is working on the request.
    Handling,
}

/// The record of a connection.
#[derive(Debug)]
struct Entry {
    peer: IpAddr,
    phase: Phase,
    /// The hash of the token that authenticates its request, so that the connection must not be closed.
    trusted: Option<u64>,
    /// The start of its phase, as a logical time that counts phase changes.
    since: u64,
}

/// The connections of a listener, by id.
#[derive(Debug)]
pub(super) struct Registry {
    most: usize,
    entries: BTreeMap<u64, Entry>,
    next: u64,
    phases: u64,
    hasher: RandomState,
}

/// The most connections with one token that are protected at the same time.
const TRUSTED_PER_TOKEN: usize = 2;

/// The result of admitting a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entered {
    /// The id of the connection.
    pub(super) id: u64,
    /// The connection that must be closed for it.
    pub(super) instead_of: Option<u64>,
}

impl Registry {
    /// A registry without connections, with room for `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), entries: BTreeMap::new(), next: 0, phases: 0, hasher: RandomState::new() }
    }

    /// Admits a connection, if there is room or another connection can be closed for it.
    pub(super) fn enter(&mut self, peer: IpAddr) -> Option<Entered> {
        let instead_of = if self.entries.len() < self.most { None } else { Some(self.evict()?) };
        let id = self.next;
        self.next += 1;
        self.phases += 1;
        let entry = Entry { peer: network(peer), phase: Phase::Head, trusted: None, since: self.phases };
        self.entries.insert(id, entry);
        Some(Entered { id, instead_of })
    }

    /// Records the new phase of a connection. Trust ends with the request that it was given for.
    pub(super) fn set(&mut self, id: u64, phase: Phase) {
        self.phases += 1;
        if let Some(entry) = self.entries.get_mut(&id) {
            let is_new_request = matches!(phase, Phase::Idle | Phase::Head);
            if is_new_request {
                entry.trusted = None;
            }
            (entry.phase, entry.since) = (phase, self.phases);
        }
    }

    /// Protects a connection from being closed in favor of others, unless too many are protected: a token has few
    /// requests at a time, and the owner of one token must not keep out all others.
    pub(super) fn trust(&mut self, id: u64, token: &str) {
        let token = RandomState::hash_one(&self.hasher, token);
        let trusted = self.entries.values().filter_map(|entry| entry.trusted);
        let (mut all, mut same) = (0, 0);
        for other in trusted {
            all += 1;
            same += usize::from(other == token);
        }
        if same >= TRUSTED_PER_TOKEN || all >= self.most.div_ceil(2) {
            return;
        }
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.trusted = Some(token);
        }
    }

    /// Removes a closed connection.
    pub(super) fn leave(&mut self, id: u64) {
        self.entries.remove(&id);
    }

    /// Removes and returns the older half of the connections that wait for their peers. Used when a resource that every
    /// connection takes has run out.
    pub(super) fn evict_half(&mut self) -> Vec<u64> {
        let closable = self.entries.values().filter(|entry| entry.is_closable()).count();
        (0..closable.div_ceil(2)).map_while(|_| self.evict()).collect()
    }

    /// Removes and returns the connection other than `id` that has been sending its body for longest, since its memory
    /// is needed.
    pub(super) fn evict_body(&mut self, id: u64) -> Option<u64> {
        let sending = self
            .entries
            .iter()
            .filter(|(other, entry)| **other != id && entry.phase == Phase::Body && entry.is_closable());
        let oldest = sending.min_by_key(|(_, entry)| entry.since).map(|(id, _)| *id)?;
        self.entries.remove(&oldest);
        Some(oldest)
    }

    /// Removes and returns the connection to close first: an idle one; else one of the peer with the most connections,
    /// and of these the one that has waited for longest. A peer that reads a response comes last, since it would send its
    /// request again. A connection is never closed because it is new: the request of a new one may have arrived already,
    /// before this process has read it.
    fn evict(&mut self) -> Option<u64> {
        let mut held: HashMap<IpAddr, usize> = HashMap::new();
        for entry in self.entries.values() {
            *held.entry(entry.peer).or_default() += 1;
        }
        let rank = |entry: &Entry| {
            let others = usize::MAX - held.get(&entry.peer).copied().unwrap_or_default();
            (entry.phase != Phase::Idle, others, entry.phase == Phase::Writing, entry.since)
        };
        let closable = self.entries.iter().filter(|(_, entry)| entry.is_closable());
        let id = closable.min_by_key(|(_, entry)| rank(entry)).map(|(id, _)| *id)?;
        self.entries.remove(&id);
        Some(id)
    }
}

impl Entry {
    /// Whether closing the connection loses no work of this process.
    fn is_closable(&self) -> bool {
        self.trusted.is_none() && self.phase != Phase::Handling
    }
}

/// The network that counts as one peer: an IPv6 peer usually has 2⁶⁴ addresses of its own.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(prefix).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn full(peers: &[u8]) -> Registry {
        let mut registry = Registry::new(peers.len());
        for last in peers {
            registry.enter(peer(*last)).expect("there is room");
        }
        registry
    }

    /// Admits a connection to a full registry, and returns the one that is closed for it.
    fn closed(registry: &mut Registry) -> Option<u64> {
        registry.enter(peer(99)).map(|entered| entered.instead_of.expect("it was full"))
    }

    #[test]
    fn there_is_room_for_so_many_and_the_oldest_goes_first() {
        let mut registry = Registry::new(2);
        assert_eq!(registry.enter(peer(1)), Some(Entered { id: 0, instead_of: None }));
        assert_eq!(registry.enter(peer(1)), Some(Entered { id: 1, instead_of: None }));
        assert_eq!(registry.enter(peer(1)), Some(Entered { id: 2, instead_of: Some(0) }));
        registry.leave(1);
        assert_eq!(registry.enter(peer(1)), Some(Entered { id: 3, instead_of: None }));
        assert_eq!(registry.entries.len(), 2);
    }

    #[test]
    fn an_idle_connection_goes_first_and_of_others_one_of_the_peer_with_most() {
        let mut registry = full(&[1, 2, 2, 3]);
        registry.set(3, Phase::Idle);
        assert_eq!(closed(&mut registry), Some(3));
        assert_eq!(closed(&mut registry), Some(1), "peer 2 has two");
        assert_eq!(closed(&mut registry), Some(4), "then peer 99 has");
    }

    #[test]
    fn of_one_peer_the_connection_that_has_waited_for_longest_goes_first_and_a_reader_of_a_response_last() {
        let mut registry = full(&[1, 1, 1]);
        registry.set(0, Phase::Writing);
        registry.set(1, Phase::Body);
        registry.set(2, Phase::Head);
        assert_eq!([(); 4].map(|()| registry.evict()), [Some(1), Some(2), Some(0), None]);
    }

    #[test]
    fn a_new_connection_outlives_all_that_stopped_in_the_middle_of_a_body() {
        let mut registry = full(&[1, 1, 1, 1]);
        for id in 0..4 {
            registry.set(id, Phase::Body);
        }
        assert_eq!(registry.enter(peer(1)), Some(Entered { id: 4, instead_of: Some(0) }));
        assert_eq!(registry.evict_half(), [1, 2], "the older half");
        assert_eq!([(); 3].map(|()| registry.evict()), [Some(3), Some(4), None]);
    }

    #[test]
    fn where_room_for_bodies_has_run_out_the_oldest_body_goes() {
        let mut registry = full(&[1, 1, 1, 1, 1]);
        for id in [3, 2, 1, 0] {
            registry.set(id, Phase::Body);
        }
        registry.trust(3, "a");
        assert_eq!(registry.evict_body(2), Some(1), "neither the trusted one nor the one that asks");
        assert_eq!(registry.evict_body(2), Some(0));
        assert_eq!(registry.evict_body(2), None);
    }

    #[test]
    fn neither_a_request_that_is_worked_on_nor_one_that_is_trusted_is_closed() {
        let mut registry = full(&[1, 1]);
        registry.set(0, Phase::Handling);
        registry.set(1, Phase::Body);
        registry.trust(1, "a");
        assert_eq!(closed(&mut registry), None, "the newcomer is refused");
        registry.set(1, Phase::Writing);
        assert_eq!(closed(&mut registry), None, "it still answers that request");
        registry.set(1, Phase::Idle);
        assert_eq!(closed(&mut registry), Some(1));
    }

    #[test]
    fn one_token_protects_two_connections_and_all_tokens_half_of_them() {
        let mut registry = full(&[1, 1, 1, 1]);
        for id in 0..4 {
            registry.set(id, Phase::Body);
            registry.trust(id, "a");
        }
        assert_eq!([(); 3].map(|()| registry.evict()), [Some(2), Some(3), None]);
        let mut registry = full(&[1, 1, 1, 1]);
        for (id, token) in [(0, "a"), (1, "b"), (2, "c"), (3, "d")] {
            registry.set(id, Phase::Body);
            registry.trust(id, token);
        }
        assert_eq!([(); 3].map(|()| registry.evict()), [Some(2), Some(3), None]);
    }

    #[test]
    fn where_something_runs_out_half_of_those_that_wait_for_their_peers_are_closed() {
        let mut registry = full(&[1, 1, 1, 1, 1, 1]);
        registry.set(0, Phase::Handling);
        assert_eq!(registry.evict_half(), [1, 2, 3]);
        assert_eq!(registry.evict_half(), [4]);
        assert_eq!(registry.evict_half(), [5]);
        assert_eq!(registry.evict_half(), [0; 0]);
    }

    #[test]
    fn a_peer_is_a_network() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
