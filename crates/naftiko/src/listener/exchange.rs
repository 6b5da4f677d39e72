//! A request, with access to the connection that it arrived on.

use std::sync::Arc;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::body::{self, BodyError};
use super::line::Line;

/// A request whose body is not read yet.
pub(crate) struct Exchange {
    /// Everything but the body.
    pub(crate) parts: Parts,
    body: Option<Incoming>,
    line: Arc<Line>,
    /// The memory reserved for the body.
    room: Option<OwnedSemaphorePermit>,
}

impl Exchange {
    pub(super) fn new(parts: Parts, body: Incoming, line: Arc<Line>) -> Self {
        Self { parts, body: Some(body), line, room: None }
    }

    /// Marks the request as authenticated by `token`: from now on its connection is not closed in favor of others, as
    /// long as few requests with that token, and not too many in all, are marked at the same time.
    pub(crate) fn trust(&self, token: &str) {
        self.line.trust(token);
    }

    /// Reads the body; a second call returns an empty body. `100 Continue` is sent only now, to peers that wait for it.
    ///
    /// # Errors
    /// [`BodyError`], if a limit is exceeded or the body is incomplete.
    pub(crate) async fn body(&mut self) -> Result<Bytes, BodyError> {
        let Some(body) = &mut self.body else { return Ok(Bytes::new()) };
        self.line.reads_body(true);
        let read = body::read(body, &self.line).await;
        self.line.reads_body(false);
        if !matches!(read, Err(BodyError::TooLong)) {
            self.body = None;
        }
        let read = read?;
        self.room = read.room;
        Ok(read.bytes)
    }

    /// Runs `work`, which may compute and block, on another thread; the number of concurrent computations is limited.
    /// `None` if it panicked.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The semaphore is never closed.
        let _turn = self.line.shared.turns.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // A peer that waits for `100 Continue` does not send its body.
        let waits = self.parts.headers.contains_key(EXPECT);
        if let Some(body) = self.body.take().filter(|body| !waits && !body.is_end_stream()) {
            tokio::spawn(body::forget(body));
        }
    }
}
