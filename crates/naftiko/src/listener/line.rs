//! What a connection waits for, and until when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use hyper::header::{CONNECTION, HeaderValue};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Response;
use super::connection::Shared;
use super::registry::Phase;
use super::stream::Outgoing;

/// What a connection waits for, and until when.
#[derive(Debug)]
struct State {
    phase: Phase,
    /// `None`: as long as it takes, since something else has the limit.
    until: Option<Instant>,
    requests: usize,
    /// Whether the whole response is on its way to the peer.
    is_handed_over: bool,
    /// Whether another connection needs the place.
    is_closed: bool,
    /// The request that waits until the response before it is read.
    next: Option<Waker>,
}

/// A connection, as its reader, its writer, its requests and its limits see it.
pub(super) struct Line {
    id: u64,
    pub(super) shared: Arc<Shared>,
    state: Mutex<State>,
    changed: Notify,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.registry().leave(self.id);
        self.shared.lines().remove(&self.id);
    }
}

impl Line {
    pub(super) fn open(id: u64, shared: &Arc<Shared>) -> Arc<Self> {
        let until = Instant::now() + shared.limits.head_time;
        let state = State {
            phase: Phase::Head,
            until: Some(until),
            requests: 0,
            is_handed_over: false,
            is_closed: false,
            next: None,
        };
        let line = Arc::new(Self {
            id,
            shared: Arc::clone(shared),
            state: Mutex::new(state),
            changed: Notify::new(),
        });
        shared.lines().insert(id, Arc::downgrade(&line));
        line
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes into another phase, which may last so long.
    fn go(&self, state: &mut State, phase: Phase, time: Option<Duration>) {
        state.phase = phase;
        state.until = time.map(|time| Instant::now() + time);
        self.shared.registry().set(self.id, phase);
        self.changed.notify_one();
    }

    /// Comes back when the connection has to be closed.
    pub(super) async fn is_over(&self) {
        loop {
            let (until, is_closed) = {
                let state = self.state();
                (state.until, state.is_closed)
            };
            if is_closed || until.is_some_and(|until| until <= Instant::now()) {
                return;
            }
            let time_is_up = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time_is_up => {}
                () = self.changed.notified() => {}
            }
        }
    }

    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_one();
    }

    /// Bytes of a request have come.
    pub(super) fn has_read(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            self.go(&mut state, Phase::Head, Some(self.shared.limits.head_time));
        }
    }

    /// Begins with a request, once the response before it is read: who sends many requests and reads no response gets
    /// one.
    pub(super) async fn begin(&self) {
        std::future::poll_fn(|context| {
            let mut state = self.state();
            if state.phase == Phase::Writing {
                state.next = Some(context.waker().clone());
                return Poll::Pending;
            }
            state.requests += 1;
            self.go(&mut state, Phase::Handling, None);
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for a body, which has a limit of its own, or no longer does.
    pub(super) fn reads_body(&self, reads: bool) {
        let phase = if reads { Phase::Body } else { Phase::Handling };
        self.go(&mut self.state(), phase, None);
    }

    /// Closes another connection that sends a body, since its room is needed.
    pub(super) fn make_room(&self) {
        let evicted = self.shared.registry().evict_body(self.id);
        if let Some(id) = evicted {
            self.shared.close(id);
        }
    }

    /// Waits for this request, whoever else comes.
    pub(super) fn trust(&self) {
        self.shared.registry().trust(self.id);
    }

    /// Begins to write a response.
    pub(super) fn answered(self: &Arc<Self>, mut response: Response) -> hyper::Response<Outgoing> {
        let mut state = self.state();
        if state.requests >= self.shared.limits.requests {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        state.is_handed_over = false;
        self.go(&mut state, Phase::Writing, Some(self.shared.limits.write_time));
        response.map(|body| Outgoing::new(body, Arc::clone(self)))
    }

    /// The last part of a response has been given to the writer.
    pub(super) fn handed_over(&self) {
        self.state().is_handed_over = true;
    }

    /// The writer has nothing left.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        if state.phase == Phase::Writing && state.is_handed_over {
            self.go(&mut state, Phase::Idle, Some(self.shared.limits.idle_time));
            if let Some(next) = state.next.take() {
                next.wake();
            }
        }
    }
}
