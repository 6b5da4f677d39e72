//! The Plan: everything that a run needs.
//!
//! Every front end lowers to a [`Plan`], and engines see nothing else. A plan is complete (a run never reads a document
//! again), serializable (a run stores the plan it was started with) and contains no secret, only the names of secrets.
//! [`Graph`] orders the steps, finds cycles and renders itself. This crate never sees YAML or a document model.

mod changes;
mod draw;
mod duration;
mod graph;
mod input;
mod permission;
mod plan;
mod policy;
mod provider;
mod secret_use;
mod server_origin;

pub use changes::Change;
pub use duration::duration;
pub use graph::{Cycle, Edge, Graph, Reason};
pub use input::{Input, Objection};
pub use permission::{NotAnAllowance, SecretAllowance, SecretId, SecretKind, SecretPair, SecretPermissions};
pub use plan::{
    Action, Argument, Channel, Compensation, Embedded, External, ForEach, Invoke, Origin, Output, Plan, Slot,
    Source, Step,
};
pub use policy::{
    Backoff, Expiry, Facts, NextPage, OnDoubt, OnFailure, Paginate, Poll, RateLimit, Retry, RetryOn,
};
pub use provider::{Auth, ClientAuth, KeyPlace, NotATokenUrl, Provider, SecretName};
pub use secret_use::{
    SecretTarget, SecretUse, SecretUser, Setting, WEBHOOK_KEY, documented_secret_uses, is_setting,
    secret_uses, written_url,
};
pub use server_origin::{NotAnOrigin, ServerOrigin};

#[cfg(test)]
mod tests;
