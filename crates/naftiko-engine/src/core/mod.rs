//! The run as a pure state machine: `state × event → state`, and `state → commands`.
//!
//! A run consists of frames (compositions, each with its own names and results) and tasks (steps, their items, and
//! compensations). [`advance`] changes them as records are applied; [`decide`] reads them and returns what to do next.
//!
//! Nothing here waits, sends, reads a clock or draws random numbers; times and random values are parameters. The work
//! done for an event is proportional to what the event touches, not to the number of steps.

mod advance;
mod budget;
mod close;
mod command;
mod decide;
mod end;
mod failure;
mod frame;
mod inspect;
mod intervene;
mod link;
mod message;
mod open;
mod outputs;
mod pages;
mod redact;
mod request;
pub(crate) mod retry_after;
mod route;
mod run;
mod scope;
mod sensitive;
mod standing;
mod task;
pub(crate) mod unanswered;
mod undo;
mod whole;

pub use command::Command;
pub use intervene::{Intervention, Refused};
pub(crate) use route::Route;
pub use run::{Run, StepState};
