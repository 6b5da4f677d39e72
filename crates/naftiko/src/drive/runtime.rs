//! The threads that a command runs on.
//!
//! The state machine of a run computes on the thread that drives the run. Sockets, timers and calls under way belong to
//! other threads, so a long computation delays none of them; signals have a thread of their own
//! ([`stopping`](super::stopping)).

use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::exit::Stop;

/// Threads for sockets, timers and calls. They only wait, but one call that computes must not stop the others.
const WORKERS: usize = 4;
/// The stack of each thread, in bytes: as much as the main thread has, since values nest as deep on any of them.
const STACK: usize = 8 << 20;
/// Threads for what blocks, besides those that drive runs: names that are resolved, lines that are typed.
const BLOCKING: usize = 64;

/// Runs `work` on this thread, and what it spawns on others; `driving` is how many more threads it may drive runs on.
///
/// # Errors
/// When the operating system does not allow it, and those of the work itself.
pub(crate) fn block_on<T>(driving: usize, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    finish(threads(driving)?, work)
}

/// Runs `work` and all that it spawns on this thread, one at a time and so always in the same order: for runs on the
/// mock, in which no real time passes, and for what needs no network.
///
/// # Errors
/// As [`block_on`].
pub(crate) fn block_on_one_thread<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    finish(one_thread()?, work)
}

/// How long an idle thread for what blocks is kept: so long as any process lives.
const KEEP_ALIVE: Duration = Duration::from_hours(24 * 365);

fn finish<T>(runtime: Runtime, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let done = runtime.block_on(work);
    // A question at the terminal may still wait for a line that nobody needs any more.
    runtime.shutdown_background();
    done
}

/// As many pairs of file descriptors as a runtime needs before it drives anything.
#[cfg(unix)]
const NEEDED_PAIRS: usize = 6;

/// Whether this process may open the files that a runtime needs: where it may not, the runtime would panic.
///
/// # Errors
/// [`Stop::Usage`] where it may not; nothing has been begun then.
#[cfg(unix)]
fn has_descriptors() -> Result<(), Stop> {
    let pairs = (0..NEEDED_PAIRS).map(|_| std::os::unix::net::UnixStream::pair());
    let probe: std::io::Result<Vec<_>> = pairs.collect();
    probe.map(drop).map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))
}

/// Whether this process may open the files that a runtime needs.
#[cfg(not(unix))]
fn has_descriptors() -> Result<(), Stop> {
    Ok(())
}

fn threads(driving: usize) -> Result<Runtime, Stop> {
    has_descriptors()?;
    // Where not even one thread can be had, the runtime would panic for want of it.
    let probe = thread::Builder::new().stack_size(STACK).spawn(|| ());
    if probe.map(thread::JoinHandle::join).is_err() {
        return one_thread();
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_stack_size(STACK)
        .max_blocking_threads(BLOCKING.saturating_add(driving))
        .thread_keep_alive(KEEP_ALIVE)
        .enable_all()
        .build()
        .map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))?;
    // Work that blocks waits for a thread that there is, and panics only where there is none.
    drop(runtime.spawn_blocking(|| ()));
    Ok(runtime)
}

fn one_thread() -> Result<Runtime, Stop> {
    has_descriptors()?;
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))
}
