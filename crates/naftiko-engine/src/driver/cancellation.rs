//! Ending a run early.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that can be thrown once, from anywhere: every clone is the same switch.
#[derive(Debug, Clone)]
pub struct Cancellation {
    thrown: Arc<watch::Sender<bool>>,
}

impl Cancellation {
    /// A switch that is not thrown.
    pub fn new() -> Self {
        Self { thrown: Arc::new(watch::Sender::new(false)) }
    }

    /// Throws it.
    pub fn cancel(&self) {
        self.thrown.send_replace(true);
    }

    /// Whether it is thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.thrown.borrow()
    }

    /// Comes back once it is thrown.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so this cannot end for want of one.
        let _ = self.thrown.subscribe().wait_for(|thrown| *thrown).await;
    }
}

impl Default for Cancellation {
    fn default() -> Self {
        Self::new()
    }
}
