//! The Plan: all a run needs to know.
//!
//! Every front end lowers to a [`Plan`] and every engine knows only it. It is complete (a run never reads a document
//! again), serialisable (a run stores the one it began with) and holds no secret, only the names of secrets.
//! [`Graph`] says what follows what, finds cycles and draws itself. This crate never sees YAML or a document model.

mod draw;
mod graph;
mod plan;

pub use graph::{Cycle, Edge, Graph, Reason};
pub use plan::{
    Action, Argument, Auth, Backoff, External, Input, Invoke, Origin, Output, Plan, Poll, Provider, Retry,
    SecretName, Slot, Source, Step,
};

#[cfg(test)]
mod tests;
