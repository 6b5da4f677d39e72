//! Runs a Plan: a pure state machine, and the local driver that carries out its commands.
//!
//! [`Run`] makes every hard decision (order, retry, polling, doubt, the end) and performs nothing: records go in,
//! [`Command`]s come out. It knows no clock, no socket and no task, so any run can be simulated and any crash replayed.
//! [`Driver`] is one way to carry out commands: in this process, with tokio. It decides only when.
//!
//! This crate never sees a document, a schema or a concrete adapter.

mod clock;
mod core;
mod driver;

pub use clock::{Clock, TokioClock};
pub use core::{Command, Intervention, Refused, Run, StepState};
pub use driver::{Cancellation, Delivery, DriveError, Driver, Limits, Observer, Traffic, Wire};

#[cfg(test)]
mod tests;
