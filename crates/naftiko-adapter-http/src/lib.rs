//! Carries out operations over HTTP, as their `OpenAPI` description says.
//!
//! [`HttpAdapter`] makes a call exactly once: it repeats nothing, keeps no cookies, and follows a redirect only for a
//! safe method and on the same server. What is sent is decided by [`render`](naftiko_wire::render), which is
//! pure: it refuses an argument that has no exact written form, before anything leaves the machine. Who it is sent to is decided by the
//! egress policy: see [`Denied`]. Secrets come in with the [`Endpoint`] and go out to the provider only: an answer or a
//! failure that quotes one is masked before the adapter returns it.

mod adapter;
mod answer;
mod blocking;
mod compression;
mod credential;
mod deadline;
mod departures;
mod egress;
mod endpoint;
mod grant;
mod json;
mod nodes;
mod poster;
mod redirect;
mod secret;
mod token;
mod transport;

pub use adapter::{Builder, HttpAdapter};
pub use credential::{Credential, KeyPlace};
pub use egress::{AllowedHost, Denied, HostGuard, NoHost, Zone};
pub use endpoint::{BuildError, Endpoint};
pub use nodes::NodeBudget;
pub use poster::Poster;
pub use secret::{Secret, SecretSource};
pub use token::{ClientAuth, ClientCredentials, Tokens};
pub use transport::Proxies;

/// A refusal: nothing is sent, now or ever.
pub(crate) fn refused(message: impl Into<String>) -> naftiko_adapter::Failure {
    naftiko_adapter::Failure::new(naftiko_adapter::FailureKind::Refused, message)
}

#[cfg(test)]
mod tests;
