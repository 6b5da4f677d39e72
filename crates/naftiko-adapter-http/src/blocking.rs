//! Work that computes, kept off the threads that serve timers, signals and sockets.

use std::panic::resume_unwind;

use tokio::task::spawn_blocking;

/// Does `work` on a thread that nothing else waits for. A panic goes on here.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime shuts down, and everything with it.
        Err(Err(_)) => std::future::pending().await,
    }
}
