//! The state of a connection: its phase and the deadline of that phase.

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

/// The state of a connection.
#[derive(Debug)]
struct State {
    phase: Phase,
    /// The deadline of the phase; `None` if it has none here, because the limit is enforced elsewhere.
    until: Option<Instant>,
    requests: usize,
    /// Whether the whole response has been given to the writer.
    is_handed_over: bool,
    /// Whether the connection is to be closed because another needs its place.
    is_closed: bool,
    /// The next request, which waits until the previous response has been sent.
    next: Option<Waker>,
}

/// A connection, shared by its reader, its writer, its requests and its limits.
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
        self.shared.changed.notify_one();
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

    /// Enters a phase, which may last for `time`.
    fn go(&self, state: &mut State, phase: Phase, time: Option<Duration>) {
        state.phase = phase;
        state.until = time.map(|time| Instant::now() + time);
        self.shared.registry().set(self.id, phase);
        self.shared.changed.notify_one();
        self.changed.notify_one();
    }

    /// Returns when the connection must be closed.
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

    /// Called when bytes of a request have arrived.
    pub(super) fn has_read(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            self.go(&mut state, Phase::Head, Some(self.shared.limits.head_time));
        }
    }

    /// Starts a request as soon as the previous response has been sent. A peer that sends many requests and reads no
    /// response therefore occupies this process with one response only.
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

    /// Enters or leaves the phase of reading a body, whose limit is enforced there.
    pub(super) fn reads_body(&self, reads: bool) {
        let phase = if reads { Phase::Body } else { Phase::Handling };
        self.go(&mut self.state(), phase, None);
    }

    /// Closes another connection that is sending a body, since its memory is needed.
    pub(super) fn make_room(&self) {
        let evicted = self.shared.registry().evict_body(self.id);
        if let Some(id) = evicted {
            self.shared.close(id);
        }
    }

    /// Protects this connection from being closed in favor of others until its request ends.
    pub(super) fn trust(&self, token: &str) {
        self.shared.registry().trust(self.id, token);
    }

    /// Starts to write a response.
    pub(super) fn answered(self: &Arc<Self>, mut response: Response) -> hyper::Response<Outgoing> {
        let mut state = self.state();
        if state.requests >= self.shared.limits.requests {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        state.is_handed_over = false;
        self.go(&mut state, Phase::Writing, Some(self.shared.limits.write_time));
        response.map(|body| Outgoing::new(body, Arc::clone(self)))
    }

    /// Called when the last part of the response has been given to the writer.
    pub(super) fn handed_over(&self) {
        self.state().is_handed_over = true;
    }

    /// Called when the writer has sent everything it was given.
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
