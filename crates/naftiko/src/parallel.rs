//! Processes independent items in parallel.

use std::sync::{Mutex, PoisonError};

/// Returns the results of all items, in their order. At most `jobs` threads are used; by default as many as there are
/// cores.
pub(crate) fn in_parallel<I: Sync, O: Send>(
    items: &[I],
    jobs: Option<usize>,
    work: impl Fn(&I) -> O + Sync,
) -> Vec<O> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = jobs.unwrap_or(cores).clamp(1, items.len().max(1));
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let next = Mutex::new(items.iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let item = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((at, item)) = item else { return };
                    let outcome = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
