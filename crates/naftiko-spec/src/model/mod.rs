//! The typed models of documents, in which every part has its source position.

mod auth;
mod capabilities;
mod clauses;
mod composition;
mod external;
mod paginate;
mod policies;
mod reader;
mod script;
mod step;
mod test;
mod value;

pub use capabilities::{
    Auth, AuthKind, Capabilities, Capability, ClientAuth, Facts, KeyPlace, Mapping, Purpose, RateLimit,
    ResponsePath, Secret, Target,
};
pub use clauses::{Clauses, Compensate, OnDoubt, OnFailure, Poll};
pub use composition::{Composition, Input, Output};
pub use external::{Channel, External};
pub use paginate::Paginate;
pub use policies::{Backoff, Every, Retry, RetryOn};
pub(crate) use reader::unabbreviated;
pub use reader::{Interval, meant_boolean};
pub use script::{Literal, Reply, Script, Scripted, WireFault};
pub use step::{Argument, Invoke, Place, Step, SubComposition, Work};
pub use test::{Expectation, Given, Inputs, Test, TestDocument};
pub use value::{Entry, Source, Value, locate};
