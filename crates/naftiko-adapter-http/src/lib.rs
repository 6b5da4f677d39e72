//! Carries out operations over HTTP, as their `OpenAPI` description says.
//!
//! [`HttpAdapter`] makes each call once: it does not retry, stores no cookies, and follows a redirect only for a safe
//! method and on the same server. [`render`](naftiko_wire::render) builds the request; it is pure and rejects an
//! argument without an exact written form before anything is sent. The egress policy decides which hosts are contacted:
//! see [`Denied`]. Secrets come with the [`Endpoint`] and are sent to its provider only. Secrets in a response or a
//! failure are masked before the adapter returns it.

mod adapter;
mod answer;
mod blocking;
mod compression;
mod credential;
mod deadline;
mod departures;
mod egress;
mod endpoint;
mod error;
mod grant;
mod json;
mod mask;
mod nodes;
mod poster;
mod redirect;
mod secret;
mod token;
mod transport;

pub use adapter::{Builder, HttpAdapter};
pub use credential::{Credential, KeyPlace};
pub use egress::{AllowedHost, Denied, HostGuard, NoHost, Zone};
pub use endpoint::Endpoint;
pub use error::BuildError;
pub use grant::{ClientAuth, ClientCredentials};
pub use nodes::NodeBudget;
pub use poster::Poster;
pub use secret::{Secret, SecretSource};
pub use token::Tokens;
pub use transport::Proxies;

/// A failure of a call that is not sent and that no retry can make succeed.
pub(crate) fn refused(message: impl Into<String>) -> naftiko_adapter::Failure {
    naftiko_adapter::Failure::new(naftiko_adapter::FailureKind::Refused, message)
}

#[cfg(test)]
mod tests;
