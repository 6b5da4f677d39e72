//! Serves connections. Each is a task that ends with its peer, at a limit, or when another connection needs its place.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

use super::exchange::Exchange;
use super::limits::Limits;
use super::line::Line;
use super::registry::{Entered, Registry};
use super::stream::{Outgoing, Watched};
use super::{Respond, Response, body};

/// The maximum number of headers in a request.
const MOST_HEADERS: usize = 100;

/// State shared by all connections of a listener.
pub(super) struct Shared {
    pub(super) limits: Limits,
    /// The memory for bodies.
    pub(super) bodies: Arc<Semaphore>,
    /// Limits the number of requests that are computed at the same time.
    pub(super) turns: Semaphore,
    registry: Mutex<Registry>,
    /// The open connections, by id. A connection that is to be closed is among them until its socket is.
    lines: Mutex<BTreeMap<u64, Weak<Line>>>,
    /// Notified when a connection changes its phase or ends.
    pub(super) changed: Notify,
}

/// Serves connections.
pub(super) struct Server<R> {
    respond: Arc<R>,
    shared: Arc<Shared>,
}

impl<R: Respond> Server<R> {
    pub(super) fn new(respond: Arc<R>, limits: Limits) -> Self {
        let shared = Shared {
            bodies: body::room(&limits),
            turns: Semaphore::new(limits.computed.max(1)),
            registry: Mutex::new(Registry::new(limits.connections)),
            lines: Mutex::default(),
            changed: Notify::new(),
            limits,
        };
        Self { respond, shared: Arc::new(shared) }
    }

    /// Admits a connection as soon as there is room for it, or another one can be closed for it. The sockets that were
    /// closed for earlier ones are closed before, so that a flood of connections takes no more files than the limit.
    pub(super) async fn admit(&self, peer: IpAddr) -> Entered {
        let shared = &self.shared;
        loop {
            if shared.lines().len() <= shared.limits.connections.max(1) {
                let entered = shared.registry().enter(peer);
                if let Some(entered) = entered {
                    return entered;
                }
            }
            shared.changed.notified().await;
        }
    }

    /// Serves an admitted connection in a task of its own, and closes the one whose place it takes.
    pub(super) fn spawn(&self, stream: TcpStream, entered: Entered) {
        if let Some(id) = entered.instead_of {
            self.shared.close(id);
        }
        // Sends each response at once instead of waiting to fill a packet.
        let _slower = stream.set_nodelay(true);
        let line = Line::open(entered.id, &self.shared);
        let respond = Arc::clone(&self.respond);
        tokio::spawn(async move {
            let io = TokioIo::new(Watched { stream, line: Arc::clone(&line) });
            let of_requests = Arc::clone(&line);
            let service =
                service_fn(move |request| answer(Arc::clone(&respond), Arc::clone(&of_requests), request));
            let served = http1::Builder::new()
                .header_read_timeout(None)
                .max_buf_size(line.shared.limits.head_bytes)
                .max_headers(MOST_HEADERS)
                .serve_connection(io, service);
            tokio::select! {
                // A connection that ends early may have been closed on purpose.
                _ended = served => {}
                () = line.is_over() => {}
            }
        });
    }

    /// Closes half of the connections that wait for their peers.
    pub(super) fn close_half(&self) {
        let evicted = self.shared.registry().evict_half();
        for id in evicted {
            self.shared.close(id);
        }
    }
}

impl Shared {
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lines(&self) -> MutexGuard<'_, BTreeMap<u64, Weak<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn close(&self, id: u64) {
        let line = self.lines().get(&id).and_then(Weak::upgrade);
        if let Some(line) = line {
            line.close();
        }
    }
}

/// Closes the connection without a response.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without a response")
    }
}

impl std::error::Error for Closed {}

async fn answer<R: Respond>(
    respond: Arc<R>,
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Result<hyper::Response<Outgoing>, Closed> {
    line.begin().await;
    if !names_its_host(&request) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(line.answered(response));
    }
    let (parts, body) = request.into_parts();
    let exchange = Exchange::new(parts, body, Arc::clone(&line));
    let response = respond.respond(exchange).await.ok_or(Closed)?;
    Ok(line.answered(response))
}

/// Whether a request has exactly one `Host` header (RFC 9112, section 3.2); before HTTP/1.1 it may be absent.
fn names_its_host<B>(request: &Request<B>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        many => many == 1,
    }
}
