//! Trace of calls and responses, in redacted form.

use naftiko_adapter::{Call, Failure, Response};

/// A call or its response, redacted.
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
        /// The response, or the failure.
        answer: Result<Response, Failure>,
    },
}
