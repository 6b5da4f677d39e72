//! Rate limits of providers: those in their documents, those in their responses, and a circuit breaker.
//!
//! The limits are checked before the intent of a call is recorded, so that a delayed call is never in doubt. They only
//! delay calls: no run fails because of them. One instance may serve all runs of a process, which then take turns.

mod breaker;
mod said;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{Failure, FailureKind, Response};
use naftiko_plan::RateLimit;

use crate::core::Route;
use breaker::Breaker;
use window::Window;

/// The state of all rate limits.
#[derive(Debug, Default)]
pub struct Traffic {
    places: Mutex<BTreeMap<String, Place>>,
    /// The number of runs that ever used this instance.
    turns: AtomicU64,
}

/// The state of one provider at one address.
#[derive(Debug, Default)]
struct Place {
    /// The windows, by the operation and limit they enforce.
    windows: BTreeMap<Limited, Window>,
    /// Until when the provider requested a pause.
    quiet_until: Option<Timestamp>,
    breaker: Breaker,
}

/// A limit: the key of an operation (`None` for the whole provider), the number of requests, and the period. Different
/// limits from different documents are enforced independently.
type Limited = (Option<String>, u32, SignedDuration);

impl Traffic {
    fn places(&self) -> MutexGuard<'_, BTreeMap<String, Place>> {
        // After a panic elsewhere the counts are still good enough.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates the state from the outcome of a call.
    pub(super) fn ended(&self, route: &Route, answer: &Result<Response, Failure>, now: Timestamp) {
        let mut places = self.places();
        let place = places.entry(route.place.clone()).or_default();
        match answer {
            Ok(response) => {
                place.breaker.ended(response.status < 500, now);
                let asked = said::pause(response, now).filter(|pause| *pause > SignedDuration::ZERO);
                let until = asked.and_then(|pause| now.checked_add(pause).ok());
                place.quiet_until = place.quiet_until.max(until);
            }
            Err(Failure { kind: FailureKind::NotSent | FailureKind::Unknown, .. }) => {
                place.breaker.ended(false, now);
            }
            // The provider responded, or was never called.
            Err(Failure { kind: FailureKind::Unreadable | FailureKind::Unusable, .. }) => {
                place.breaker.ended(true, now);
            }
            // These outcomes carry no information about the provider.
            Err(Failure {
                kind: FailureKind::Refused | FailureKind::LocalShortage | FailureKind::CutOff,
                ..
            }) => {}
        }
    }
}

/// The place of one run in the waiting lines of the limits. The run leaves all lines when this is dropped.
#[derive(Debug)]
pub(super) struct Turns {
    traffic: Arc<Traffic>,
    who: u64,
    /// The lines joined in this round, and those of the round before.
    standing: BTreeSet<(String, Limited)>,
    stood: BTreeSet<(String, Limited)>,
}

impl Turns {
    pub(super) fn new(traffic: Arc<Traffic>) -> Self {
        let who = traffic.turns.fetch_add(1, Ordering::Relaxed);
        Self { traffic, who, standing: BTreeSet::new(), stood: BTreeSet::new() }
    }

    /// When a call may start; `None` if it may start now. A delayed call joins the waiting line.
    pub(super) fn wait(&mut self, route: &Route, now: Timestamp) -> Option<Timestamp> {
        let mut places = self.traffic.places();
        let place = places.entry(route.place.clone()).or_default();
        let quiet = place.quiet_until.filter(|until| *until > now);
        let mut until = quiet.max(place.breaker.wait(now));
        for limited in limits(route) {
            let (_, requests, per) = &limited;
            let limit = RateLimit { requests: *requests, per: *per };
            let window = place.windows.entry(limited.clone()).or_insert_with(|| Window::new(limit));
            if let Some(free) = window.wait(self.who, now) {
                self.standing.insert((route.place.clone(), limited));
                until = until.max(Some(free));
            }
        }
        until
    }

    /// A call starts that need not wait.
    pub(super) fn take(&mut self, route: &Route, now: Timestamp) {
        let mut places = self.traffic.places();
        let place = places.entry(route.place.clone()).or_default();
        place.breaker.begun(now);
        for limited in limits(route) {
            if let Some(window) = place.windows.get_mut(&limited) {
                window.take(self.who, now);
            }
        }
    }

    /// Moves a call that was admitted at `taken` to the time it is sent, after its intent was stored.
    pub(super) fn sent(&self, route: &Route, taken: Timestamp, now: Timestamp) {
        let mut places = self.traffic.places();
        let Some(place) = places.get_mut(&route.place) else { return };
        for limited in limits(route) {
            if let Some(window) = place.windows.get_mut(&limited) {
                window.sent(taken, now);
            }
        }
    }

    /// Leaves the lines that were not joined again since the last call of `settle`.
    pub(super) fn settle(&mut self) {
        let standing = std::mem::take(&mut self.standing);
        self.leave(self.stood.difference(&standing));
        self.stood = standing;
    }

    fn leave<'a>(&self, lines: impl Iterator<Item = &'a (String, Limited)>) {
        let mut places = self.traffic.places();
        for (place, limited) in lines {
            if let Some(window) = places.get_mut(place).and_then(|place| place.windows.get_mut(limited)) {
                window.leave(self.who);
            }
        }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.leave(self.stood.union(&self.standing));
    }
}

fn limits(route: &Route) -> impl Iterator<Item = Limited> {
    let all = route.of_provider.map(|limit| (None, limit.requests, limit.per));
    let own = route.of_operation.map(|limit| (Some(route.operation.clone()), limit.requests, limit.per));
    all.into_iter().chain(own)
}
