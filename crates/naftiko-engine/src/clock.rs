//! Time and randomness for the driver.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::async_trait;
use tokio::time::Instant;

/// Where the driver gets time and randomness from. What it gets is recorded, so that a resumed run sees the same.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// A random number from 0 to 1, different in each process.
    fn jitter(&self) -> f64;

    /// Comes back once it is `until`; at once if it is later than that.
    async fn sleep_until(&self, until: Timestamp);
}

/// The time of this machine: read once, then advanced by tokio's timer, so that it never goes back.
#[derive(Debug, Clone)]
pub struct TokioClock {
    began: Timestamp,
    counted_from: Instant,
}

impl TokioClock {
    /// A clock that starts at the current time.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn new() -> Self {
        Self::beginning_at(Timestamp::now())
    }

    /// A clock that starts at `began`.
    pub fn beginning_at(began: Timestamp) -> Self {
        Self { began, counted_from: Instant::now() }
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
        self.began.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn jitter(&self) -> f64 {
        let drawn = RandomState::new().hash_one(self.counted_from);
        // 32 bits fit a float exactly and are chance enough.
        u32::try_from(drawn >> 32).map_or(1.0, |drawn| f64::from(drawn) / f64::from(u32::MAX))
    }

    async fn sleep_until(&self, until: Timestamp) {
        // A timer cannot be set years ahead; days at a time, it can.
        const LONGEST: Duration = Duration::from_hours(24);
        while let Ok(left) = Duration::try_from(until.duration_since(self.now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(LONGEST)).await;
        }
    }
}
