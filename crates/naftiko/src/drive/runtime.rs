//! The threads of a command.
//!
//! The state machine of a run computes on the thread that drives the run. Sockets, timers and calls belong to other
//! threads, so that a long computation delays none of them. Signals have a thread of their own
//! ([`stopping`](super::stopping)).

use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::exit::Stop;

/// The number of threads for sockets, timers and calls. They mostly wait, but one computing call must not block the
/// others.
const WORKERS: usize = 4;
/// The stack size of each thread, in bytes. It equals that of the main thread, since values may nest equally deep on
/// any thread.
const STACK: usize = 8 << 20;
/// The number of threads for blocking work, such as resolving host names and reading the terminal, in addition to those
/// that drive runs.
const BLOCKING: usize = 64;

/// Runs `work` on this thread, and the tasks it spawns on other threads. `driving` is the number of additional threads
/// on which it may drive runs.
///
/// # Errors
/// If the operating system refuses the threads or files, or `work` fails.
pub(crate) fn block_on<T>(driving: usize, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    finish(threads(driving)?, work)
}

/// Runs `work` and all tasks it spawns on this thread, one at a time and therefore in a fixed order. For runs on the
/// mock, where no real time passes, and for work without network access.
///
/// # Errors
/// As [`block_on`].
pub(crate) fn block_on_one_thread<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    finish(one_thread()?, work)
}

/// How long an idle thread for blocking work is retained: practically for the life of the process.
const KEEP_ALIVE: Duration = Duration::from_hours(24 * 365);

fn finish<T>(runtime: Runtime, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let done = runtime.block_on(work);
    // A question at the terminal may still wait for a line that is no longer needed.
    runtime.shutdown_background();
    done
}

/// The number of descriptor pairs that a runtime needs at its creation.
#[cfg(unix)]
const NEEDED_PAIRS: usize = 6;

/// Checks that this process may open the files that a runtime needs; without them the runtime would panic.
///
/// # Errors
/// [`Stop::Usage`] if it may not. Nothing has been started then.
#[cfg(unix)]
fn has_descriptors() -> Result<(), Stop> {
    let pairs = (0..NEEDED_PAIRS).map(|_| std::os::unix::net::UnixStream::pair());
    let probe: std::io::Result<Vec<_>> = pairs.collect();
    probe.map(drop).map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))
}

/// On other systems nothing is checked.
#[cfg(not(unix))]
fn has_descriptors() -> Result<(), Stop> {
    Ok(())
}

fn threads(driving: usize) -> Result<Runtime, Stop> {
    has_descriptors()?;
    // If not even one thread can be created, a multi-threaded runtime would panic.
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
    // Creates one thread for blocking work now. Later work waits for that thread if no other can be created; without
    // it, the runtime would panic.
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
