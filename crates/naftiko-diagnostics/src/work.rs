//! Counts steps of work in debug builds, so that tests can assert how work grows with its input.
//!
//! A loop whose length depends on a document adds the number of its steps: characters visited, names compared, comments
//! examined. Release builds count nothing. Only tests read the count.

#[cfg(debug_assertions)]
use std::cell::Cell;

#[cfg(debug_assertions)]
thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Adds steps of work on this thread.
#[inline]
pub fn add(steps: usize) {
    #[cfg(debug_assertions)]
    STEPS.with(|counted| {
        counted.set(counted.get().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)));
    });
    #[cfg(not(debug_assertions))]
    let _ = steps;
}

/// Runs `work`; returns its result and the steps that it added on this thread: none in release builds.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = total();
    let result = work();
    (result, total() - before)
}

fn total() -> u64 {
    #[cfg(debug_assertions)]
    {
        STEPS.with(Cell::get)
    }
    #[cfg(not(debug_assertions))]
    {
        0
    }
}
