//! A circuit breaker: a provider that fails repeatedly gets no calls for a while, and then a single trial call.

use jiff::{SignedDuration, Timestamp};

/// The number of consecutive failures that opens the breaker.
const FAILURES: u32 = 5;
/// How long the breaker stays open.
const COOLING: SignedDuration = SignedDuration::from_secs(30);

/// The state of the breaker for one provider.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// The number of failed calls since the last success.
    failures: u32,
    /// When the next call may be made, once the breaker is open.
    next: Option<Timestamp>,
}

impl Breaker {
    /// When a call may start; `None` if it may start now.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Timestamp> {
        self.next.filter(|next| *next > now)
    }

    /// A call starts. If it is the trial call, others wait for its outcome, or as long as after a failure.
    pub(super) fn begun(&mut self, now: Timestamp) {
        if self.failures >= FAILURES {
            self.next = now.checked_add(COOLING).ok();
        }
    }

    /// A call ended.
    pub(super) fn ended(&mut self, is_good: bool, now: Timestamp) {
        if is_good {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.next = now.checked_add(COOLING).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_five_in_a_row_and_lets_one_through_every_time_it_has_cooled() {
        let at = |second: i64| Timestamp::from_second(1_000 + second).unwrap();
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.ended(false, at(0));
        }
        breaker.ended(true, at(0));
        for second in 0..5 {
            assert_eq!(breaker.wait(at(second)), None);
            breaker.ended(false, at(second));
        }
        assert_eq!((breaker.wait(at(4)), breaker.wait(at(34))), (Some(at(34)), None));
        breaker.begun(at(40));
        // The trial call is running, and may never end.
        assert_eq!((breaker.wait(at(41)), breaker.wait(at(70))), (Some(at(70)), None));
        breaker.ended(false, at(45));
        assert_eq!(breaker.wait(at(46)), Some(at(75)));
        breaker.begun(at(75));
        breaker.ended(true, at(76));
        assert_eq!(breaker.wait(at(76)), None);
        breaker.ended(false, at(77));
        assert_eq!(breaker.wait(at(77)), None, "it counts anew");
    }
}
