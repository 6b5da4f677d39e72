//! The traits for carrying out operations and asking the world outside, and the types they share.
//!
//! An [`Adapter`] is given a [`Call`] (one attempt of one step, complete and already checked) and returns a
//! [`Response`], or a [`Failure`] that says honestly how far the call got. A [`Channel`] is given a [`Question`] for
//! the world outside and answers now or later. Both are asked at most once per attempt: retries, polling, time and
//! memory belong to the engine.
//!
//! Third parties build on this crate alone; it knows nothing of documents, plans or runs. The feature `conformance`
//! adds a kit with which an adapter proves what the engine relies on.

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
