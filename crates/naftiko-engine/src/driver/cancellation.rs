//! Cancels the driving of a run.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that cancels a run, once and from any thread: all clones are one switch.
#[derive(Debug, Clone)]
pub struct Cancellation {
    thrown: Arc<watch::Sender<bool>>,
}

impl Cancellation {
    /// Creates a switch that is off.
    pub fn new() -> Self {
        Self { thrown: Arc::new(watch::Sender::new(false)) }
    }

    /// Cancels the run.
    pub fn cancel(&self) {
        self.thrown.send_replace(true);
    }

    /// Whether the run is cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.thrown.borrow()
    }

    /// Completes once the run is cancelled.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.thrown.subscribe().wait_for(|thrown| *thrown).await;
    }
}

impl Default for Cancellation {
    fn default() -> Self {
        Self::new()
    }
}
