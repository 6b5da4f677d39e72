//! A virtual clock for runs on the mock, which never wait in real time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use naftiko_adapter::{Answer, Channel, Failure, Question, async_trait};
use naftiko_engine::Clock;

/// A clock that jumps to the next time that is waited for. It stops while a question is open.
pub(super) struct VirtualClock {
    now: Mutex<Timestamp>,
    questions: Arc<AtomicUsize>,
}

impl VirtualClock {
    /// 2026-01-15T12:00:00Z, the time at which the first response of the mock is dated.
    const START: i64 = 1_768_478_400;

    pub(super) fn new() -> Self {
        let start = Timestamp::from_second(Self::START).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { now: Mutex::new(start), questions: Arc::default() }
    }

    /// Wraps a channel so that its questions stop this clock.
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
        // The deadline of a poll must not pass because a person takes a minute to answer.
        while self.questions.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = until.max(*now);
    }
}

/// A channel whose questions stop a clock.
struct StopsTime {
    questions: Arc<AtomicUsize>,
    channel: Box<dyn Channel>,
}

/// Counts an open question; dropping it closes the question even if its future is cancelled.
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
