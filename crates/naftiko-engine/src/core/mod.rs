//! The run as a pure state machine: `state × event → state`, and `state → commands`.
//!
//! Nothing here waits, sends, reads a clock or draws a number; times and chances are handed in. Work done for an event
//! is bound by what the event touches, never by the number of steps.

mod close;
mod command;
mod failure;
mod outputs;
mod redact;
mod request;
mod retry_after;
mod run;
mod scope;

pub use command::Command;
pub use run::{Run, StepState};
