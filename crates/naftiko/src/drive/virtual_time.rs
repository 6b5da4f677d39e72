//! Time that passes as fast as it is waited for: a run on the mock waits for nothing real.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use naftiko_adapter::async_trait;
use naftiko_engine::Clock;

/// A clock that jumps to whatever is waited for, and stands still while somebody is asked.
pub(crate) struct VirtualClock {
    now: Mutex<Timestamp>,
    somebody_is_asked: Arc<AtomicBool>,
}

impl VirtualClock {
    /// 2026-01-15T12:00:00Z, like the first answer of the mock.
    const START: i64 = 1_768_478_400;

    pub(crate) fn new(somebody_is_asked: Arc<AtomicBool>) -> Self {
        let start = Timestamp::from_second(Self::START).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { now: Mutex::new(start), somebody_is_asked }
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jitter(&self) -> f64 {
        0.5
    }

    async fn sleep_until(&self, until: Timestamp) {
        // A poll must not run into its deadline because a person takes a minute to answer.
        while self.somebody_is_asked.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = until.max(*now);
    }
}
