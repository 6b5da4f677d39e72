//! The traits for carrying out operations and asking people and external systems, and the types they share.
//!
//! An [`Adapter`] takes a [`Call`] (one attempt of one step, complete and already checked) and returns a [`Response`],
//! or a [`Failure`] that says exactly how far the call got. A [`Channel`] takes a [`Question`] and returns the answer
//! now or later. Each is called at most once per attempt: the engine is responsible for retries, polling, timing and
//! storage.
//!
//! Third parties build on this crate alone; it does not depend on documents, plans or runs. The feature `conformance`
//! adds a kit that checks whether an adapter keeps the contract that the engine relies on.

mod call;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod header;
mod mask;
pub mod media_type;
mod operation;
mod secrets;
mod shortage;

pub use call::{
    Adapter, Answer, Arguments, Call, Channel, Departure, Failure, FailureKind, Hold, Question, Response,
};
pub use mask::{MASK, Mask, SHORTEST_CREDENTIAL};
pub use operation::{Encoding, Method, Operation, Parameter, Place, RequestBody, ResponseSpec, Style};
pub use secrets::{SecretHistory, Secrets};
pub use shortage::{
    Shortage, shortage, shortage_error_of_sockets, shortage_in, shortage_of_sockets, shortage_of_start,
};

pub use async_trait::async_trait;

#[cfg(test)]
mod tests;
