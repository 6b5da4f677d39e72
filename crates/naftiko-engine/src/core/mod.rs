//! The run as a pure state machine: `state × event → state`, and `state → commands`.
//!
//! A run is made of frames (compositions, each with names and results of its own) and tasks (steps, their items, and
//! what undoes them). [`advance`] changes them as records come in; [`decide`] reads them and says what is to be done next.
//!
//! Nothing here waits, sends, reads a clock or draws a number; times and chances are handed in. Work done for an event
//! is bound by what the event touches, never by the number of steps.

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
