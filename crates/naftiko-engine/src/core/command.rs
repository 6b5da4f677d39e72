//! The commands from a run to its driver.

use naftiko_adapter::{Call, Question};
use naftiko_journal::Event;

/// A command of a run. The driver reports the outcome as an event.
#[derive(Debug, Clone)]
pub enum Command {
    /// Make an attempt: record the intent, make the call, then record the event that [`Run::closed_by_response`],
    /// [`Run::closed_by_failure`] or [`Run::closed_by_panic`] returns for the outcome. Start the call only if
    /// [`Run::may_begin`] still holds at that time.
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
    /// Put a question, and record the event that [`Run::answered`] returns for the answer.
    ///
    /// [`Run::answered`]: crate::Run::answered
    Ask {
        /// The question.
        question: Question,
    },
    /// Send a message: record the intent, send, then record the event that [`Run::handed_over`] returns for the
    /// outcome.
    ///
    /// [`Run::handed_over`]: crate::Run::handed_over
    Send {
        /// The intent.
        intent: Event,
        /// The question in the message.
        question: Box<Question>,
    },
    /// Record this event before requesting further commands; nothing else is to be done for it.
    Record(Event),
}
