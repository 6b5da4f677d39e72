//! A sliding window that limits how often calls start.
//!
//! The limit is exact: any interval of length `per` contains at most `requests` calls. A bucket that refills while it
//! drains (GCRA, a token bucket) lets nearly twice as many through, and one with the capacity of a single request
//! delays the second call of a quiet hour.

use std::collections::VecDeque;

use jiff::Timestamp;
use naftiko_plan::RateLimit;

/// The recent calls, and the runs that wait.
#[derive(Debug)]
pub(super) struct Window {
    limit: RateLimit,
    /// The times of the calls in the current window, oldest first.
    done: VecDeque<Timestamp>,
    /// The waiting runs, longest first.
    line: VecDeque<u64>,
}

impl Window {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self { limit, done: VecDeque::new(), line: VecDeque::new() }
    }

    /// When the run `who` may make a call; `None` if it may now. Otherwise it joins the waiting line.
    pub(super) fn wait(&mut self, who: u64, now: Timestamp) -> Option<Timestamp> {
        while self.done.front().is_some_and(|first| self.over(*first) <= now) {
            self.done.pop_front();
        }
        let before = self.line.iter().position(|waiting| *waiting == who).unwrap_or(self.line.len());
        let most = usize::try_from(self.limit.requests.max(1)).unwrap_or(usize::MAX);
        // This many calls must leave the window before there is room for the runs ahead in the line, and for this one.
        let out = (self.done.len() + before + 1).checked_sub(most).filter(|out| *out > 0)?;
        if before == self.line.len() {
            self.line.push_back(who);
        }
        // The runs ahead have not made their calls yet, so this run asks again when the last known call leaves the
        // window.
        let last = self.done.get(out - 1).or(self.done.back()).copied().unwrap_or(now);
        Some(self.over(last).max(soon(now)))
    }

    /// A call of the run `who` is made now.
    pub(super) fn take(&mut self, who: u64, now: Timestamp) {
        self.leave(who);
        self.note(now);
    }

    /// Moves a call from the time it was admitted to the time it is sent.
    pub(super) fn sent(&mut self, taken: Timestamp, now: Timestamp) {
        if let Some(at) = self.done.iter().rposition(|done| *done == taken) {
            self.done.remove(at);
            self.note(now);
        }
    }

    /// The run `who` leaves the waiting line.
    pub(super) fn leave(&mut self, who: u64) {
        self.line.retain(|waiting| *waiting != who);
    }

    fn note(&mut self, now: Timestamp) {
        // The clocks of two runs may differ slightly.
        let at = self.done.partition_point(|done| *done <= now);
        self.done.insert(at, now);
    }

    /// When a call leaves the window.
    fn over(&self, done: Timestamp) -> Timestamp {
        done.checked_add(self.limit.per).unwrap_or(Timestamp::MAX)
    }
}

/// A moment later, so that a waiting run never retries immediately.
fn soon(now: Timestamp) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn at(milli: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + milli).unwrap()
    }

    proptest! {
        /// Several runs that make many calls each, and retry at the announced times or earlier.
        #[test]
        fn no_window_holds_more_than_may_be_and_everybody_has_a_turn(
            requests in 1..6_u32,
            per in 1..500_i64,
            wants in prop::collection::vec(1..9_usize, 1..5),
            odd in prop::collection::vec(0..50_i64, 0..60),
            delays in prop::collection::vec(0..20_i64, 1..20),
        ) {
            let limit = RateLimit { requests, per: SignedDuration::from_millis(per) };
            let mut window = Window::new(limit);
            let mut left: Vec<usize> = wants.clone();
            let mut told: Vec<i64> = vec![0; left.len()];
            let mut odd = odd.into_iter();
            let mut delays = delays.into_iter().cycle();
            let mut sent: Vec<i64> = Vec::new();
            let mut turns: Vec<usize> = Vec::new();
            let mut now = 0;
            while left.iter().any(|left| *left > 0) {
                let due = (0..left.len()).filter(|who| left[*who] > 0).map(|who| told[who]).min().unwrap();
                now = now.max(odd.next().map_or(due, |early| due.min(now + early)));
                prop_assert!(now < 60_000 + per * 100, "somebody waits for ever");
                for who in 0..left.len() {
                    while left[who] > 0 {
                        match window.wait(who as u64, at(now)) {
                            Some(until) => {
                                prop_assert!(until > at(now));
                                told[who] = until.as_millisecond() - at(0).as_millisecond();
                                break;
                            }
                            None => {
                                window.take(who as u64, at(now));
                                // Storing the intent takes some time.
                                let later = now + delays.next().unwrap();
                                window.sent(at(now), at(later));
                                sent.push(later);
                                turns.push(who);
                                left[who] -= 1;
                                now = later;
                            }
                        }
                    }
                    window.leave(if left[who] == 0 { who as u64 } else { u64::MAX });
                }
            }
            sent.sort_unstable();
            let most = usize::try_from(requests).unwrap();
            for stretch in sent.windows(most + 1) {
                prop_assert!(stretch[most] - stretch[0] >= per, "{stretch:?} in {per} ms");
            }
            // No run in the line is overtaken more often than there are other runs.
            for who in 0..left.len() {
                let own: Vec<usize> = (0..turns.len()).filter(|at| turns[*at] == who).collect();
                let longest = own.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
                prop_assert!(longest <= left.len() * most.max(1) + most, "{turns:?}");
            }
        }
    }
}
