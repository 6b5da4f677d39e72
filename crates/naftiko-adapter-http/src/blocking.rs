//! Moves computation off the threads that serve timers, signals and sockets.

use std::panic::resume_unwind;

use tokio::task::spawn_blocking;

/// Runs `work` on a blocking thread and returns its result. A panic of `work` resumes in the caller.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is shutting down and drops this task too.
        Err(Err(_)) => std::future::pending().await,
    }
}
