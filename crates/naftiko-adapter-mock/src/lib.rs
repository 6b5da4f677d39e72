//! Answers operations from their response schemas: consistently, and the same for the same seed.
//!
//! [`MockAdapter`] stands in for a provider that is not at hand. It keeps the resources that it has answered with, so
//! what one step creates, the next one finds, and it makes up what somebody outside would have done meanwhile. It has
//! no clock, no randomness and no socket: a seed and a sequence of calls decide every byte.

mod adapter;
mod answer_schema;
mod distinct;
mod list;
mod make;
mod mint;
mod name;
mod page;
mod pattern;
mod receive;
mod repeats;
mod scalar;
mod script;
mod shape;
mod store;
mod target;
mod turn;
mod world;

pub use adapter::MockAdapter;
pub use receive::{Received, Router, Unroutable};
pub use script::{Body, Fault, Reply, Said, Script};

#[cfg(test)]
mod tests;
