//! Time that passes as fast as it is waited for: a run on the mock waits for nothing real.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use naftiko_adapter::{Answer, Channel, Failure, Question, async_trait};
use naftiko_engine::Clock;

/// A clock that jumps to whatever is waited for, and stands still while somebody is asked.
pub(super) struct VirtualClock {
    now: Mutex<Timestamp>,
    questions: Arc<AtomicUsize>,
}

impl VirtualClock {
    /// 2026-01-15T12:00:00Z, like the first answer of the mock.
    const START: i64 = 1_768_478_400;

    pub(super) fn new() -> Self {
        let start = Timestamp::from_second(Self::START).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { now: Mutex::new(start), questions: Arc::default() }
    }

    /// The channel, whose questions stop this clock.
    pub(super) fn stopped_by(&self, channel: Box<dyn Channel>) -> Box<dyn Channel> {
        Box::new(StopsTime { questions: Arc::clone(&self.questions), channel })
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
        while self.questions.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = until.max(*now);
    }
}

/// A channel that a clock stands still for.
struct StopsTime {
    questions: Arc<AtomicUsize>,
    channel: Box<dyn Channel>,
}

/// A question that is open; it is closed even if nobody waits for the answer any more.
struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Channel for StopsTime {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        self.questions.fetch_add(1, Ordering::Relaxed);
        let _open = Open(&self.questions);
        self.channel.ask(question).await
    }
}
