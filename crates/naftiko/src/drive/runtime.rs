//! The threads of a command.
//!
//! The state machine of a run computes on the thread that drives the run. Sockets, timers and calls belong to other
//! threads, so that a long computation delays none of them. Signals have a thread of their own
//! ([`stopping`](super::stopping)).

use std::io;
use std::sync::{Arc, Mutex};
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
/// The number of threads for blocking work, such as resolving host names and reading the terminal. Runs are driven on
/// other threads: if they shared these, runs could wait for the threads that they occupy themselves.
const BLOCKING: usize = 64;

/// Runs `work` on this thread, and the tasks it spawns on other threads; on this thread too if the operating system
/// allows only a few.
///
/// # Errors
/// If the operating system refuses the threads or files, or `work` fails.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    finish(threads()?, work)
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

fn threads() -> Result<Runtime, Stop> {
    has_descriptors()?;
    // A runtime panics if it cannot create its threads.
    let mut builder = if can_create(WORKERS + FEWEST) {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS);
        builder
    } else if can_create(FEWEST) {
        Builder::new_current_thread()
    } else {
        let why = "this machine lacks threads";
        return Err(Stop::Usage(format!("the run cannot be driven: {why}")));
    };
    let runtime = builder
        .thread_stack_size(STACK)
        .max_blocking_threads(BLOCKING)
        .thread_keep_alive(KEEP_ALIVE)
        .enable_all()
        .build()
        .map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))?;
    // Creates one thread for blocking work now. Later work waits for that thread if no other can be created; without
    // it, the runtime would panic.
    drop(runtime.spawn_blocking(|| ()));
    Ok(runtime)
}

/// The fewest threads that a process which drives runs needs in addition to its first: for blocking work, for signals,
/// for the time limit after a signal, and for the journal.
const FEWEST: usize = 4;

/// Whether this process may have so many more threads at the same time. They end before this returns.
fn can_create(threads: usize) -> bool {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock();
    let probe = || {
        let gate = Arc::clone(&gate);
        thread::Builder::new().stack_size(STACK).spawn(move || drop(gate.lock()))
    };
    let created: Vec<_> = (0..threads).map_while(|_| probe().ok()).collect();
    drop(closed);
    let are_all = created.len() == threads;
    for thread in created {
        let _ended = thread.join();
    }
    are_all
}

/// Starts `work` on a thread of its own, with the stack size of the threads that drive runs.
///
/// # Errors
/// If the operating system refuses the thread. `work` is dropped then.
pub(crate) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(work).map(drop)
}

fn one_thread() -> Result<Runtime, Stop> {
    has_descriptors()?;
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::Usage(format!("the run cannot be driven: {error}")))
}
