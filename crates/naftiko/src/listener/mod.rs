//! Serving HTTP at a port that anyone may reach: `work --listen` and `naftiko mock`.
//!
//! Every connection has a limit for each thing its peer can delay or enlarge: the head, the body, the idle time between
//! requests, and the time that a response takes to be read. All connections together have a limit too; when it is
//! reached, the oldest one that only waits for its peer is closed, so that a complete request is answered however many
//! connections others hold open.

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

/// A response: its body is complete before it is sent.
pub(crate) type Response = hyper::Response<Full<Bytes>>;

/// Answers requests.
pub(crate) trait Respond: Send + Sync + 'static {
    /// The response to a request; `None` closes the connection without one.
    fn respond(&self, exchange: Exchange) -> impl Future<Output = Option<Response>> + Send;
}

/// Serves connections until the future is dropped. What goes wrong with a connection ends that connection alone.
pub(crate) async fn serve(listener: TcpListener, respond: Arc<impl Respond>, limits: Limits) {
    accept::connections(&listener, &connection::Server::new(respond, limits)).await;
}
