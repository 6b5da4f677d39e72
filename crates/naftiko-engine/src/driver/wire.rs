//! What goes out and what comes back, for whoever wants to see it: as it may be shown.

use naftiko_adapter::{Call, Failure, Response};

/// A call or its answer, without what is sensitive.
#[derive(Debug, Clone)]
pub enum Wire {
    /// A call is handed to the adapter.
    Sent(Box<Call>),
    /// It has come back.
    Received {
        /// The step.
        step: String,
        /// Which of its attempts.
        attempt: u32,
        /// What came of it.
        answer: Result<Response, Failure>,
    },
}
