//! What documents say, with the place of everything.

mod capabilities;
mod composition;
mod reader;
mod step;
mod value;

pub use capabilities::{Auth, AuthKind, Capabilities, Capability, Facts, Mapping, ResponsePath, Target};
pub use composition::{Composition, Input, Output};
pub use step::{Argument, External, Interval, Invoke, Place, Poll, Step, Work};
pub use value::{Source, Value, locate};
