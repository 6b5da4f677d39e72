//! Carries operations out over HTTP, as their `OpenAPI` description says.
//!
//! [`HttpAdapter`] makes a call exactly once: it repeats nothing, keeps no cookies, and follows a redirect only where
//! that changes nothing and leads nowhere else. What is sent is decided by [`render`] alone, which is pure: an argument
//! that has no exact written form is refused there, before anything leaves the machine. Whom it is sent to is decided by
//! the egress policy: see [`Denied`]. Secrets come in with the [`Endpoint`] and never go out again, other than to
//! the provider: where an answer or a failure quotes one, it is masked before the adapter gives it back.

mod adapter;
mod answer;
mod body;
mod departures;
mod egress;
mod endpoint;
mod mask;
mod multipart;
mod packing;
mod poster;
mod redirect;
mod request;
mod style;
mod transport;

pub use adapter::{Builder, HttpAdapter};
pub use egress::{AllowedHost, Denied, NoHost, Zone};
pub use endpoint::{BuildError, Credential, Endpoint};
pub use poster::Poster;
pub use request::{RequestParts, render};
pub use transport::Proxies;

#[cfg(test)]
mod tests;
