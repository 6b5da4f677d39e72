//! The results of an examination.

use std::fmt;

/// A rule that every adapter must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Law {
    /// A call that is carried out gets a 2xx response.
    Answers,
    /// One call arrives at most once: the adapter does not retry.
    Once,
    /// A call that lacks a required argument or body is refused, and nothing is sent.
    RefusesIncomplete,
    /// A call with an argument that its operation does not define is refused, and nothing is sent.
    RefusesUnknown,
    /// A response of any status is a response, not a failure.
    AnyStatusIsAnAnswer,
    /// If no server is listening, the failure says that nothing was sent.
    KnowsWhatWasNotSent,
    /// If a call was received and no response came, the failure says that the outcome is unknown.
    AdmitsNotKnowing,
    /// A call without a response ends at its timeout.
    EndsInTime,
    /// If a response cannot be read, the failure says so.
    KnowsWhatWasUnreadable,
    /// Every text arrives unchanged, or is refused and not sent.
    Faithful,
    /// Calls may be made from many tasks at once.
    ManyAtOnce,
    /// After a caller drops a call, the adapter can carry out the next one.
    OutlivesItsCallers,
    /// No credential appears in a response or a failure.
    Discreet,
}

impl Law {
    /// All laws.
    pub const ALL: [Self; 13] = [
        Self::Answers,
        Self::Once,
        Self::RefusesIncomplete,
        Self::RefusesUnknown,
        Self::AnyStatusIsAnAnswer,
        Self::KnowsWhatWasNotSent,
        Self::AdmitsNotKnowing,
        Self::EndsInTime,
        Self::KnowsWhatWasUnreadable,
        Self::Faithful,
        Self::ManyAtOnce,
        Self::OutlivesItsCallers,
        Self::Discreet,
    ];

    /// The law as a sentence for the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "a call that is carried out gives a success response",
            Self::Once => "one call reaches the provider once",
            Self::RefusesIncomplete => "a call without a required argument is rejected and not sent",
            Self::RefusesUnknown => "an unknown argument is rejected and not sent",
            Self::AnyStatusIsAnAnswer => "a response of any status is returned",
            Self::KnowsWhatWasNotSent => "without a reachable provider, nothing was sent",
            Self::AdmitsNotKnowing => "a call without a response is reported as `Unknown`",
            Self::EndsInTime => "a call without a response ends at its timeout",
            Self::KnowsWhatWasUnreadable => "a response that cannot be read is reported as `Unreadable`",
            Self::Faithful => "every text arrives unchanged or is rejected",
            Self::ManyAtOnce => "calls may be made from many tasks at once",
            Self::OutlivesItsCallers => "a dropped call does not affect later calls",
            Self::Discreet => "no credential is shown",
        }
    }
}

/// The verdict on a law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The law held in all scenes that were staged.
    Held,
    /// The law was broken; the text describes the observation.
    Broken(String),
    /// None of the scenes for the law can happen to this adapter.
    NotStaged,
}

/// The verdicts of an examination, law by law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub(super) Vec<(Law, Verdict)>);

impl Report {
    /// All laws with their verdicts, in the order of [`Law::ALL`].
    pub fn verdicts(&self) -> &[(Law, Verdict)] {
        &self.0
    }

    /// Whether no law was broken and [`Law::Answers`] could be staged.
    pub fn is_conforming(&self) -> bool {
        self.0.iter().all(|(law, verdict)| match verdict {
            Verdict::Held => true,
            Verdict::Broken(_) => false,
            Verdict::NotStaged => *law != Law::Answers,
        })
    }
}

impl fmt::Display for Report {
    /// Writes a line for each law, with the observation if the law was broken.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (law, verdict) in &self.0 {
            match verdict {
                Verdict::Held => writeln!(f, "passed        {}", law.as_str())?,
                Verdict::Broken(seen) => writeln!(f, "failed        {}: {seen}", law.as_str())?,
                Verdict::NotStaged => writeln!(f, "not examined  {}", law.as_str())?,
            }
        }
        Ok(())
    }
}
