//! A mock provider: generates responses from the schemas of operations. Equal seeds give equal responses.
//!
//! [`MockAdapter`] replaces a provider that is not available. It stores the resources of its responses, so a step finds
//! what an earlier step created, and it generates the resources that other clients would have created. It uses no
//! clock, no randomness and no socket: the seed and the sequence of calls determine every byte.

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
