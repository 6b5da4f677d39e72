//! Carries operations out over HTTP, as their `OpenAPI` description says.
//!
//! [`HttpAdapter`] makes a call exactly once: it follows no redirect, repeats nothing and keeps no cookies. What is
//! sent is decided by [`render`] alone, which is pure: an argument that has no exact written form is refused there,
//! before anything leaves the machine. Secrets come in with the [`Endpoint`] and never go out again, other than to
//! the provider: where an answer or a failure quotes one, it is masked before the adapter gives it back.

mod adapter;
mod answer;
mod body;
mod endpoint;
mod mask;
mod request;
mod style;

pub use adapter::{Builder, HttpAdapter};
pub use endpoint::{BuildError, Credential, Endpoint};
pub use request::{RequestParts, render};

#[cfg(test)]
mod tests;
