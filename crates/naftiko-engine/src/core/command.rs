//! What a run wants done.

use naftiko_adapter::{Call, Question};
use naftiko_journal::Event;

/// Something to be done for a run. Whoever does it comes back with an event.
#[derive(Debug, Clone)]
pub enum Command {
    /// Make an attempt: record the intent, then call, then record what [`Run::closed_by_response`] and its
    /// sisters make of the end. Not to be begun unless [`Run::may_begin`] then.
    ///
    /// [`Run::closed_by_response`]: crate::Run::closed_by_response
    /// [`Run::may_begin`]: crate::Run::may_begin
    Invoke {
        /// The intent.
        intent: Event,
        /// The call.
        call: Box<Call>,
    },
    /// Ask outside, and record what [`Run::answered`] makes of the answer.
    ///
    /// [`Run::answered`]: crate::Run::answered
    Ask {
        /// The question.
        question: Question,
    },
    /// Hand a message over: record the intent, then ask, then record what [`Run::handed_over`] makes of the end.
    ///
    /// [`Run::handed_over`]: crate::Run::handed_over
    Send {
        /// The intent.
        intent: Event,
        /// The question that the message puts.
        question: Box<Question>,
    },
    /// Record this before anything else is asked of the run: it is decided, and nothing has to be done for it.
    Record(Event),
}
