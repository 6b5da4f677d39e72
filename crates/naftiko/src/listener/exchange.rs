//! A request, and what its answer may ask of the connection it came on.

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
    /// The room that the body takes.
    room: Option<OwnedSemaphorePermit>,
}

impl Exchange {
    pub(super) fn new(parts: Parts, body: Incoming, line: Arc<Line>) -> Self {
        Self { parts, body: Some(body), line, room: None }
    }

    /// Notes that the request has shown a credential: from now on its connection is not closed to make room for others.
    pub(crate) fn trust(&self) {
        self.line.trust();
    }

    /// Reads the body; a second time it is empty. Only now is a peer that waits for `100 Continue` told to go on.
    ///
    /// # Errors
    /// [`BodyError`] where it breaks a limit.
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

    /// What `work` gives, which may compute and block: on another thread, and only so many at once. `None` if it
    /// panicked.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // It is never closed.
        let _turn = self.line.shared.turns.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // A peer that waits to be told to send its body sends none.
        let waits = self.parts.headers.contains_key(EXPECT);
        if let Some(body) = self.body.take().filter(|body| !waits && !body.is_end_stream()) {
            tokio::spawn(body::forget(body));
        }
    }
}
