//! What a run asks its driver to do.

use naftiko_adapter::{Call, Question};
use naftiko_journal::Event;

/// Something to do for a run; whoever does it reports back with an event.
#[derive(Debug, Clone)]
pub enum Command {
    /// Make an attempt: record the intent, then call, then record what [`Run::closed_by_response`],
    /// [`Run::closed_by_failure`] or [`Run::closed_by_panic`] makes of the outcome. Begin it only if [`Run::may_begin`]
    /// still holds then.
    ///
    /// [`Run::closed_by_response`]: crate::Run::closed_by_response
    /// [`Run::closed_by_failure`]: crate::Run::closed_by_failure
    /// [`Run::closed_by_panic`]: crate::Run::closed_by_panic
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
    /// Hand a message over: record the intent, then ask, then record what [`Run::handed_over`] makes of the outcome.
    ///
    /// [`Run::handed_over`]: crate::Run::handed_over
    Send {
        /// The intent.
        intent: Event,
        /// The question that the message asks.
        question: Box<Question>,
    },
    /// Record this event before anything else is asked of the run; nothing else has to be done for it.
    Record(Event),
}
