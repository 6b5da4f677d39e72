//! A pause that is longer than the maximum or the timeout that limits it.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::{Backoff, Every, Poll};

pub(crate) static CODE: Code = Code {
    id: "unfit-pause",
    severity: Severity::Warning,
    summary: "a pause is longer than its limit",
};

/// Reports growing pauses whose `initial` is longer than their `max`.
pub(crate) fn growing(pauses: &Backoff) -> Option<Diagnostic> {
    let (initial, max) = (pauses.initial.as_ref()?, pauses.max.as_ref()?);
    (initial.value > max.value).then(|| {
        Diagnostic::new(&CODE, initial.span, "the first pause is longer than the longest")
            .with_label("the pause is never this long")
            .with_related(max.span, "no pause is longer than this")
            .with_help("pauses grow from `initial` to `max`: increase `max`, or swap the two")
    })
}

/// Reports pauses between polls whose first one is longer than their `max`, or than the `timeout` of the poll.
pub(crate) fn polled(poll: &Poll) -> Option<Diagnostic> {
    let first = match poll.every.as_ref()? {
        Every::Fixed(every) => every,
        Every::Growing(pauses) => {
            if let Some(diagnostic) = growing(pauses) {
                return Some(diagnostic);
            }
            pauses.initial.as_ref()?
        }
    };
    // The code `endless-poll` reports a timeout of zero.
    let timeout = poll.timeout.as_ref().filter(|timeout| !timeout.value.is_zero())?;
    (first.value > timeout.value).then(|| {
        Diagnostic::new(&CODE, first.span, "the poll gives up before the first pause is over")
            .with_label("the pause is never this long")
            .with_related(timeout.span, "the last attempt is after this time")
            .with_help("make `timeout` longer than `every`, usually many times as long")
    })
}
