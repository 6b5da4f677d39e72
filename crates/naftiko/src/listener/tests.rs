//! A listener on a real port, and peers that delay it. Its limits are short; no test measures time.

mod crowd;
mod peers;
mod slow;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::StatusCode;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::{BodyError, Exchange, Limits, Respond, Response, serve};
use peers::Peer;

/// A time longer than any test takes.
const LONG: Duration = Duration::from_mins(10);
/// A time long enough for a byte to be transferred, even on a busy machine.
const SHORT: Duration = Duration::from_millis(300);

/// Limits that are never reached.
fn wide() -> Limits {
    Limits {
        connections: 64,
        requests: 1000,
        computed: 2,
        head_bytes: 16 << 10,
        head_time: LONG,
        body_bytes: 64 << 10,
        bodies_bytes: 1 << 20,
        body_time: LONG,
        write_time: LONG,
        idle_time: LONG,
    }
}

/// Responds with the length of the body, or as the path demands.
#[derive(Default)]
struct Counting {
    handled: AtomicUsize,
}

/// The length of a response that does not fit into the buffers between two sockets.
const LARGE: usize = 24 << 20;

impl Respond for Counting {
    async fn respond(&self, mut exchange: Exchange) -> Option<Response> {
        self.handled.fetch_add(1, Ordering::SeqCst);
        let path = exchange.parts.uri.path().to_owned();
        let (status, text) = match path.as_str() {
            "/refused" => (StatusCode::FORBIDDEN, String::new()),
            "/large" => (StatusCode::OK, "x".repeat(LARGE)),
            "/silent" => return None,
            _ => {
                if path == "/trusted" {
                    exchange.trust("token");
                }
                match exchange.body().await {
                    Ok(bytes) => (StatusCode::OK, exchange.compute(move || bytes.len().to_string()).await?),
                    Err(BodyError::TooLong) => (StatusCode::PAYLOAD_TOO_LARGE, String::new()),
                    Err(BodyError::TooSlow) => (StatusCode::REQUEST_TIMEOUT, String::new()),
                    Err(BodyError::Broken) => (StatusCode::BAD_REQUEST, String::new()),
                }
            }
        };
        let mut response = Response::new(text.into());
        *response.status_mut() = status;
        Some(response)
    }
}

/// A listener that ends with the test.
struct Listening {
    address: std::net::SocketAddr,
    counting: Arc<Counting>,
    _runtime: Runtime,
}

impl Listening {
    fn with(limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("it has one");
        let counting = Arc::new(Counting::default());
        let respond = Arc::clone(&counting);
        runtime.spawn(async move { serve(listener, respond, limits).await });
        Self { address, counting, _runtime: runtime }
    }

    fn peer(&self) -> Peer {
        Peer::connect(self.address)
    }

    fn handled(&self) -> usize {
        self.counting.handled.load(Ordering::SeqCst)
    }
}
