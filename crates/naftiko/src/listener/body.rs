//! Reads the bodies of requests.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::line::Line;

/// The unit in which memory for bodies is counted, in bytes.
const UNIT: usize = 1024;

/// The reason why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The body is longer than allowed.
    TooLong,
    /// The body took longer than allowed.
    TooSlow,
    /// The connection ended, or the body is malformed.
    Broken,
}

/// The memory for all bodies of a listener, as a semaphore with one permit per unit.
pub(super) fn room(limits: &Limits) -> Arc<Semaphore> {
    Arc::new(Semaphore::new((limits.bodies_bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS)))
}

/// A body and the memory reserved for it.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Reads a whole body.
///
/// # Errors
/// [`BodyError`], if the body exceeds the length or the time limit, or is incomplete.
pub(super) async fn read(body: &mut Incoming, line: &Line) -> Result<Read, BodyError> {
    let limits = &line.shared.limits;
    // An announced length beyond the limit is rejected before anything is read.
    if body.size_hint().lower() > u64::try_from(limits.body_bytes).unwrap_or(u64::MAX) {
        return Err(BodyError::TooLong);
    }
    let read = tokio::time::timeout(limits.body_time, to_end(body, line));
    read.await.unwrap_or(Err(BodyError::TooSlow))
}

async fn to_end(body: &mut Incoming, line: &Line) -> Result<Read, BodyError> {
    let mut read = Read { bytes: Bytes::new(), room: None };
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > line.shared.limits.body_bytes {
            return Err(BodyError::TooLong);
        }
        bytes.extend_from_slice(&data);
        read.take_room(bytes.len(), line).await?;
    }
    read.bytes = bytes.into();
    Ok(read)
}

/// Reads and discards the rest of a rejected body. A peer whose connection is closed while it sends may lose the
/// response. The limits of the connection apply.
pub(super) async fn forget(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

impl Read {
    /// Reserves memory for `length` bytes. If none is left, the connection that has been sending a body for longest is
    /// closed.
    async fn take_room(&mut self, length: usize, line: &Line) -> Result<(), BodyError> {
        let taken = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(length.div_ceil(UNIT).saturating_sub(taken)).unwrap_or(u32::MAX);
        let room = &line.shared.bodies;
        let more = match Arc::clone(room).try_acquire_many_owned(more) {
            Ok(more) => more,
            Err(_) => {
                line.make_room();
                Arc::clone(room).acquire_many_owned(more).await.map_err(|_| BodyError::Broken)?
            }
        };
        match &mut self.room {
            Some(room) => room.merge(more),
            None => self.room = Some(more),
        }
        Ok(())
    }
}
