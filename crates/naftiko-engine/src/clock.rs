//! Time and randomness for the driver.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::async_trait;
use tokio::time::Instant;

/// The driver's source of time and randomness. The values are recorded, so that a resumed run sees the same ones.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// A random number from 0 to 1, different in each process.
    fn jitter(&self) -> f64;

    /// Returns once the time is `until`; at once if that is in the past.
    async fn sleep_until(&self, until: Timestamp);
}

/// The time of this machine, advanced by the timer of tokio so that it never goes back. If the machine was suspended,
/// which no timer counts, or its clock was set forward, the time jumps to that of the clock.
#[derive(Debug, Clone)]
pub struct TokioClock {
    /// The time at `counted_from`, corrected whenever the clock turns out to be ahead.
    began: Arc<Mutex<Timestamp>>,
    counted_from: Instant,
    /// Reads the clock of this machine; `None` if only the timer counts.
    clock: Option<fn() -> Timestamp>,
}

impl TokioClock {
    /// A clock that reads the time of this machine.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn new() -> Self {
        Self::reading(Timestamp::now)
    }

    /// A clock that starts at `began`.
    pub fn beginning_at(began: Timestamp) -> Self {
        Self { began: Arc::new(Mutex::new(began)), counted_from: Instant::now(), clock: None }
    }

    fn reading(clock: fn() -> Timestamp) -> Self {
        Self { clock: Some(clock), ..Self::beginning_at(clock()) }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.counted_from.elapsed()).unwrap_or(SignedDuration::MAX);
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seems) = self.clock.and_then(|clock| clock().checked_sub(passed).ok()) {
            *began = seems.max(*began);
        }
        began.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn jitter(&self) -> f64 {
        let drawn = RandomState::new().hash_one(self.counted_from);
        // 32 bits fit a float exactly and are random enough.
        u32::try_from(drawn >> 32).map_or(1.0, |drawn| f64::from(drawn) / f64::from(u32::MAX))
    }

    async fn sleep_until(&self, until: Timestamp) {
        // A timer does not count while the machine is suspended, so the clock is checked at least once a minute.
        const LONGEST: Duration = Duration::from_mins(1);
        while let Ok(left) = Duration::try_from(until.duration_since(self.now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(LONGEST)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// The simulated clock of this machine, in seconds.
    static SAYS: AtomicI64 = AtomicI64::new(1000);

    fn second(clock: &TokioClock) -> i64 {
        clock.now().as_second()
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_slept_is_noticed_and_a_clock_that_is_put_back_is_not() {
        let clock = TokioClock::reading(|| Timestamp::from_second(SAYS.load(Ordering::Relaxed)).unwrap());
        assert_eq!(second(&clock), 1000);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(second(&clock), 1010, "the timer counts on");
        SAYS.store(30_000, Ordering::Relaxed);
        assert_eq!(second(&clock), 30_000, "it slept");
        SAYS.store(5, Ordering::Relaxed);
        assert_eq!(second(&clock), 30_000);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(second(&clock.clone()), 30_010);

        let began = Instant::now();
        let woken = async {
            tokio::time::sleep(Duration::from_mins(30)).await;
            SAYS.store(100_000, Ordering::Relaxed);
        };
        let until = Timestamp::from_second(90_000).unwrap();
        tokio::join!(clock.sleep_until(until), woken);
        assert!(began.elapsed() <= Duration::from_mins(31), "{:?}", began.elapsed());
    }
}
