//! What a run wants done.

use jiff::Timestamp;
use naftiko_adapter::{Call, Question};
use naftiko_journal::Event;

/// Something to be done for a run. Whoever does it comes back with an event.
#[derive(Debug, Clone)]
pub enum Command {
    /// Make an attempt: record the intent, then call, then record what [`Run::closed_by_response`] and its
    /// sisters make of the end. Not to be begun any more once [`Run::is_closing`].
    ///
    /// [`Run::closed_by_response`]: crate::Run::closed_by_response
    /// [`Run::is_closing`]: crate::Run::is_closing
    Invoke {
        /// The intent.
        intent: Event,
        /// The call.
        call: Box<Call>,
    },
    /// Wait, then do what [`Run::due`] says.
    ///
    /// [`Run::due`]: crate::Run::due
    Wait {
        /// The step.
        step: String,
        /// The attempt that is waited for.
        attempt: u32,
        /// Until when.
        until: Timestamp,
    },
    /// Ask outside, and record what [`Run::answered`] makes of the answer.
    ///
    /// [`Run::answered`]: crate::Run::answered
    Ask {
        /// The question.
        question: Question,
    },
    /// Record this: it is decided, and nothing has to be done for it.
    Record(Event),
}
