//! How many missing names a check lists one by one.
//!
//! Each missing name has a finding of its own, so that `json` and `sarif` have all of them. Many steps can each lack many
//! names, which would make a product of findings: beyond the first names of a place, all places share one budget. Names
//! beyond it are counted in the last finding about their place.

use std::cell::Cell;

/// The number of names of one place that are always listed, with advice where that takes a search.
pub(crate) const ALWAYS_LISTED: usize = 32;

/// The number of names that all places of a document may list beyond [`ALWAYS_LISTED`].
const MOST_LISTED: usize = 50_000;

/// The budget of names that places share.
#[derive(Debug)]
pub(crate) struct NameBudget(Cell<usize>);

impl Default for NameBudget {
    fn default() -> Self {
        Self(Cell::new(MOST_LISTED))
    }
}

impl NameBudget {
    /// The budget of places whose missing names are not reported.
    pub(crate) fn none() -> Self {
        Self(Cell::new(0))
    }

    /// Whether the missing name at a position among those of its place is listed. Takes one name from the budget where
    /// the position is beyond [`ALWAYS_LISTED`].
    pub(crate) fn lists(&self, position: usize) -> bool {
        if position < ALWAYS_LISTED {
            return true;
        }
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}
