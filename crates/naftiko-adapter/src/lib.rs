//! What carries an operation out.
//!
//! An [`Adapter`] is handed a [`Call`] (one attempt of one step, complete and already checked) and answers with a
//! [`Response`] or a [`Failure`] that says honestly how far it came. A [`Channel`] is handed a [`Question`] for the
//! world outside and answers now or later. Both are asked at most once for each attempt: retries, polling, time and
//! memory belong to the engine.
//!
//! Third parties build on this crate alone; it knows nothing of documents, plans or runs. With the feature `conformance`
//! it has a kit that makes an adapter prove what the engine relies on.

mod call;
#[cfg(feature = "conformance")]
pub mod conformance;
mod mask;
pub mod media_type;
mod operation;
mod spelling;

pub use call::{
    Adapter, Answer, Arguments, Call, Channel, Departure, Failure, FailureKind, Question, Response,
};
pub use mask::{MASK, Mask, mask};
pub use operation::{Encoding, Method, Operation, Parameter, Place, RequestBody, ResponseSpec, Style};

pub use async_trait::async_trait;

#[cfg(test)]
mod tests;
