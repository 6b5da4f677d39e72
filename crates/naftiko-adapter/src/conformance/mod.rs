//! The conformance kit: checks that an adapter keeps the contract of [`Adapter`].
//!
//! The engine decides by the reports of an [`Adapter`] which calls may be retried, so an adapter that claims too much
//! or too little makes a run repeat an effect or omit it. This kit checks each [`Law`]: the author of an adapter
//! implements [`Subject`], which sets up the server in a [`Scene`], and [`examine`] reports a verdict for every law.
//!
//! The example `key_value` of this crate is an adapter with its subject, to start from.

mod examine;
mod report;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Adapter, Call};

pub use examine::examine;
pub use report::{Law, Report, Verdict};

/// An adapter under examination, with the server that it calls.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Sets up a new server for a scene, without state from earlier scenes.
    ///
    /// Returns `None` if the scene cannot happen to this adapter: an adapter without a network connection can never be
    /// cut off. The laws that need the scene are then reported as not staged.
    async fn stage(&self, scene: &Scene) -> Option<Stage>;
}

/// The behavior of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scene {
    /// The server carries calls out and responds with success. Every adapter must stage this scene.
    Answers,
    /// The server responds that it did not carry out the call, like an HTTP server with 404.
    Declines,
    /// The server responds that it failed, like an HTTP server with 500.
    Fails,
    /// No server is listening.
    IsAbsent,
    /// The server receives a call and never responds.
    IsSilent,
    /// The server receives a call, and the connection ends before the response.
    BreaksOff,
    /// The server carries a call out and sends a response that cannot be read.
    Babbles,
    /// The server responds with success. The body lists this text as it arrived, once for each place in the call that
    /// carried it. The call carries the text in every place that its operation has.
    Echoes(String),
    /// The server rejects a call and quotes everything that it received, credentials included.
    Betrays,
}

/// A scene that is set up.
#[derive(Clone)]
pub struct Stage {
    /// The adapter, connected to the server.
    pub adapter: Arc<dyn Adapter>,
    /// A call with everything that its operation requires. It may be made any number of times.
    pub call: Call,
    /// The number of calls that the server has received so far.
    pub taken: Arc<dyn Fn() -> usize + Send + Sync>,
    /// The credentials that the adapter sends to the server, in clear.
    pub secrets: Vec<String>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("operation", &self.call.operation.id).finish_non_exhaustive()
    }
}
