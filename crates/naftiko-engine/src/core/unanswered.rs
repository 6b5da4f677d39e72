//! The events of attempts without a usable response, by how far the attempt came.

use jiff::SignedDuration;
use naftiko_adapter::{self as adapter, FailureKind};
use naftiko_journal::{Cause, Event};
use naftiko_plan::{Backoff, OnDoubt, RetryOn};

use super::close::{Closing, later};
use super::{failure, request};

/// After this many attempts of a step in a row that lacked a local resource, its run is left to be resumed.
pub(crate) const PERSISTENT: u32 = 5;
/// The pause before the first attempt after a local shortage, and the longest pause.
const SHORTAGE: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(1), SignedDuration::from_mins(1));

/// The pause after a further local shortage, if there were `shortages` in a row before it.
pub(super) fn pause(shortages: u32) -> SignedDuration {
    let (initial, max) = SHORTAGE;
    Backoff { initial, factor: 2.0, max, jitter: 0.0 }.wait(shortages.saturating_add(1))
}

impl Closing<'_> {
    /// The event of a failed call.
    pub(super) fn unanswered(&self, error: &adapter::Failure) -> Event {
        let (cause, what) = match error.kind {
            FailureKind::Refused => (Cause::Refused, "was not sent"),
            FailureKind::NotSent => (Cause::NotSent, "did not reach the provider"),
            FailureKind::Unknown => (Cause::NoAnswer, "was sent, but got no response"),
            FailureKind::Unreadable | FailureKind::Unusable => {
                (Cause::Unreadable, "was carried out, but its response cannot be read")
            }
            FailureKind::LocalShortage => (Cause::LocalShortage, "was not sent"),
            FailureKind::CutOff => (Cause::Interrupted, "was started, and interrupted before it ended"),
        };
        let name = request::name(self.operation);
        let mut failure =
            failure::of(cause, self.redaction().text(&format!("`{name}` {what}: {}", error.message)));
        failure.body = self.answer_shown(error);
        let may_pass = match error.kind {
            FailureKind::Refused | FailureKind::Unusable => false,
            FailureKind::NotSent => self.invoke.retry.on.contains(&RetryOn::Connect),
            FailureKind::Unknown | FailureKind::Unreadable => {
                self.invoke.retry.on.contains(&RetryOn::Timeout)
            }
            // A local shortage is not a failure of the step, whatever its retry policy.
            FailureKind::LocalShortage => return self.lacking(failure),
            FailureKind::CutOff if self.may_be_cut_off() => return self.lacking(failure),
            FailureKind::CutOff => return self.in_doubt(failure),
        };
        let is_in_doubt = error.kind == FailureKind::Unknown && !self.operation.is_safe();
        let may_repeat = self.is_repeatable() || (is_in_doubt && self.invoke.on_doubt == OnDoubt::Retry);
        if may_pass && may_repeat && self.has_attempts_left() && self.is_within_budget(&mut failure) {
            return self.again(None, failure);
        }
        if is_in_doubt { self.in_doubt(failure) } else { self.failed(failure) }
    }

    /// The event of an attempt that was interrupted by the end of the process.
    pub(super) fn interrupted(&self) -> Event {
        let message = format!(
            "`{}` was started, and the run was interrupted before it ended",
            request::name(self.operation)
        );
        let failure = failure::of(Cause::Interrupted, message);
        if self.may_be_cut_off() {
            return self.delayed(self.now, Some(failure));
        }
        self.in_doubt(failure)
    }

    /// Whether the attempt may be repeated although it is unknown how far it came.
    fn may_be_cut_off(&self) -> bool {
        self.is_repeatable() || self.invoke.on_doubt == OnDoubt::Retry
    }

    fn lacking(&self, failure: naftiko_journal::Failure) -> Event {
        let pause = pause(self.task.progress.shortages);
        self.delayed(later(self.now, pause), Some(failure))
    }

    /// The beginning of an unusable response; `None` if it may contain sensitive values, which cannot be located in it.
    fn answer_shown(&self, error: &adapter::Failure) -> Option<serde_json::Value> {
        let answer = error.answer.as_deref().filter(|_| !self.run.may_answer_sensitively(self.task))?;
        failure::cut(self.redaction().text(answer).into())
    }
}
