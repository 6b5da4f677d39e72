//! Calls and answers for whoever watches, in a form that may be shown.

use naftiko_adapter::{Call, Failure, Response};

/// A call or its answer, without sensitive values.
#[derive(Debug, Clone)]
pub enum Wire {
    /// A call was handed to the adapter.
    Sent(Box<Call>),
    /// The adapter returned.
    Received {
        /// The step.
        step: String,
        /// The number of the attempt.
        attempt: u32,
        /// The answer, or the failure.
        answer: Result<Response, Failure>,
    },
}
