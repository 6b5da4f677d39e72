//! How many values the answers at hand may have, in each and in all of them together.
//!
//! A value in memory takes many times the room of its text, so values are counted before they are built.

use std::fmt;
use std::sync::Arc;

use naftiko_adapter::Hold;
use tokio::sync::Semaphore;

/// The number of values that all answers at hand may have together, shared by all clones.
///
/// An answer with more values than that is never read. An answer that fits by itself waits, with its bytes, until other
/// answers make room for it: in turn, so that a large one is not kept waiting by small ones.
#[derive(Clone)]
pub struct NodeBudget {
    most: u32,
    free: Arc<Semaphore>,
}

impl NodeBudget {
    /// The number of values where nobody says otherwise.
    pub const DEFAULT: u32 = 1_000_000;

    /// A budget of `most` values; 0 counts as 1.
    pub fn new(most: u32) -> Self {
        let most = most.max(1);
        let permits = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { most, free: Arc::new(Semaphore::new(permits)) }
    }

    /// The most values that one answer may have.
    pub(crate) fn most(&self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
    }

    /// Waits for room for so many values, at most [`most`](Self::most), which are held until the result is dropped.
    pub(crate) async fn take(&self, nodes: usize) -> Hold {
        let nodes = u32::try_from(nodes).unwrap_or(self.most).min(self.most);
        // INVARIANT: nobody closes it.
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
