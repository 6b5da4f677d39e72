//! Whether an adapter keeps its word.
//!
//! The engine decides what may be repeated from what an [`Adapter`] says of a call, so an adapter that claims too much
//! or too little makes a run do something twice or not at all. This kit makes an adapter prove each [`Law`]: its
//! author implements [`Subject`], which stands the other side of the adapter up in a [`Scene`], and [`examine`] says
//! of every law whether it held.
//!
//! The crate's example `key_value` is an adapter with its subject, to begin from.

mod examine;
mod report;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Adapter, Call};

pub use examine::examine;
pub use report::{Law, Report, Verdict};

/// An adapter under examination, and the other side it talks to.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Stands the other side up for a scene, anew: nothing is left of the scenes before.
    ///
    /// `None`: the scene cannot happen to this adapter, as one without a wire can never be cut off. Then the laws that
    /// need it are not examined, which the report says.
    async fn stage(&self, scene: &Scene) -> Option<Stage>;
}

/// What the other side does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scene {
    /// It carries calls out and answers with success. Every adapter has this one.
    Answers,
    /// It answers that it did not do it, as an HTTP server does with 404.
    Declines,
    /// It answers that it failed itself, as an HTTP server does with 500.
    Fails,
    /// Nobody is there.
    IsAbsent,
    /// It receives a call and never answers.
    IsSilent,
    /// It receives a call, and the connection ends before the answer.
    BreaksOff,
    /// It carries a call out and answers with what cannot be read.
    Babbles,
    /// It answers with success; the body lists this text as it arrived, once for each place in the call that carried
    /// it. The call carries it in every place that its operation has.
    Echoes(String),
    /// It refuses a call and quotes everything it was sent, credentials included.
    Betrays,
}

/// A scene, set up.
#[derive(Clone)]
pub struct Stage {
    /// The adapter, connected to the other side.
    pub adapter: Arc<dyn Adapter>,
    /// A call with everything its operation requires, which may be made any number of times.
    pub call: Call,
    /// How many calls the other side has received so far.
    pub taken: Arc<dyn Fn() -> usize + Send + Sync>,
    /// The credentials that the adapter sends to the other side, in clear.
    pub secrets: Vec<String>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("operation", &self.call.operation.id).finish_non_exhaustive()
    }
}
