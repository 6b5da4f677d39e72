//! A budget for the number of values in the responses that are in memory at the same time.
//!
//! A value in memory takes many times the size of its text, so values are counted before they are built.

use std::fmt;
use std::sync::Arc;

use naftiko_adapter::Hold;
use tokio::sync::Semaphore;

/// The maximum number of values in all responses that are in memory, shared by all clones.
///
/// A response with more values than the whole budget is never built. A smaller one waits, as bytes, until other
/// responses release enough of the budget. Waiting is first come, first served, so small responses do not delay a large
/// one indefinitely.
#[derive(Clone)]
pub struct NodeBudget {
    most: u32,
    free: Arc<Semaphore>,
}

impl NodeBudget {
    /// The default number of values.
    pub const DEFAULT: u32 = 1_000_000;

    /// A budget of `most` values; 0 counts as 1.
    pub fn new(most: u32) -> Self {
        let most = most.max(1);
        let permits = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { most, free: Arc::new(Semaphore::new(permits)) }
    }

    /// The maximum number of values of one response.
    pub(crate) fn most(&self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
    }

    /// Waits until `nodes` values, at most [`most`](Self::most), are free. They are released when the result is
    /// dropped.
    pub(crate) async fn take(&self, nodes: usize) -> Hold {
        let nodes = u32::try_from(nodes).unwrap_or(self.most).min(self.most);
        // INVARIANT: the semaphore is never closed.
        Arc::clone(&self.free).acquire_many_owned(nodes).await.map(Hold::new).unwrap_or_default()
    }
}

impl Default for NodeBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl fmt::Debug for NodeBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeBudget").field("most", &self.most).finish_non_exhaustive()
    }
}
