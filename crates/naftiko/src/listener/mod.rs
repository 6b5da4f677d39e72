//! An HTTP server for ports that anyone may reach: `work --listen` and `naftiko mock`.
//!
//! Every connection has a limit for each thing its peer can delay or enlarge: the head, the body, the idle time between
//! requests, and the time to read a response. The number of connections is limited too. When it is reached, the server
//! closes a connection that only waits for its peer, so that a complete request is answered however many connections
//! others hold open.

mod accept;
mod body;
mod connection;
mod exchange;
mod host;
mod limits;
mod line;
mod registry;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use tokio::net::TcpListener;

pub(crate) use body::BodyError;
pub(crate) use exchange::Exchange;
pub(crate) use host::Hosts;
pub(crate) use limits::Limits;

/// A response whose body is complete before it is sent.
pub(crate) type Response = hyper::Response<Full<Bytes>>;

/// A handler of requests.
pub(crate) trait Respond: Send + Sync + 'static {
    /// The response to a request; `None` closes the connection without one.
    fn respond(&self, exchange: Exchange) -> impl Future<Output = Option<Response>> + Send;
}

/// Serves connections until the future is dropped. An error of a connection ends that connection only.
pub(crate) async fn serve(listener: TcpListener, respond: Arc<impl Respond>, limits: Limits) {
    accept::connections(&listener, &connection::Server::new(respond, limits)).await;
}
