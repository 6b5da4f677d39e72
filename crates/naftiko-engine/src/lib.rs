//! Runs a Plan: a pure state machine, and the local driver that carries out its commands.
//!
//! [`Run`] makes every decision (order, retry, polling, doubt, the end) and performs no effect: records go in,
//! [`Command`]s come out. It uses no clock, no socket and no task, so any run can be simulated and any crash replayed.
//! [`Driver`] carries out commands in this process, with tokio. It only decides when a command starts.
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
