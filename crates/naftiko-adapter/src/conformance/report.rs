//! What an examination found.

use std::fmt;

/// Something that every adapter promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Law {
    /// A call that is carried out is answered with a 2xx status.
    Answers,
    /// One call arrives once, whatever comes of it: nothing is repeated.
    Once,
    /// A call without something that its operation requires is refused, and nothing is sent.
    RefusesIncomplete,
    /// A call with an argument that belongs nowhere is refused, and nothing is sent.
    RefusesUnknown,
    /// An answer of any status is a response, not a failure.
    AnyStatusIsAnAnswer,
    /// When nobody is listening, the failure says that nothing was sent.
    KnowsWhatWasNotSent,
    /// When a call was received and no answer came, the failure says that the outcome is unknown.
    AdmitsNotKnowing,
    /// A call that is never answered ends at its timeout.
    EndsInTime,
    /// When an answer came that cannot be read, the failure says so.
    KnowsWhatWasUnreadable,
    /// Every text arrives as it was given, or is refused and not sent.
    Faithful,
    /// Calls may be made from many tasks at once.
    ManyAtOnce,
    /// A call that its caller drops leaves the adapter fit for the next.
    OutlivesItsCallers,
    /// No credential appears in a response or a failure.
    Discreet,
}

impl Law {
    /// Every law.
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

    /// The law in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "a call that is carried out is answered with success",
            Self::Once => "one call is taken up once",
            Self::RefusesIncomplete => "a call that lacks something required is refused and not sent",
            Self::RefusesUnknown => "an argument that belongs nowhere is refused and not sent",
            Self::AnyStatusIsAnAnswer => "an answer of any status is a response",
            Self::KnowsWhatWasNotSent => "where nobody is there, nothing was sent",
            Self::AdmitsNotKnowing => "a call without an answer is one that nobody knows of",
            Self::EndsInTime => "a call that is never answered ends when its time is over",
            Self::KnowsWhatWasUnreadable => "an answer that cannot be read is called unreadable",
            Self::Faithful => "every text arrives as it was given, or is refused",
            Self::ManyAtOnce => "calls may be made from many tasks at once",
            Self::OutlivesItsCallers => "a caller that goes away leaves the adapter fit for the next",
            Self::Discreet => "no credential is shown",
        }
    }
}

/// Whether a law held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It held.
    Held,
    /// It did not hold, and this is what was seen.
    Broken(String),
    /// None of its scenes can happen to this adapter.
    NotStaged,
}

/// What an examination found, law by law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub(super) Vec<(Law, Verdict)>);

impl Report {
    /// Every law with its verdict, in the order of [`Law::ALL`].
    pub fn verdicts(&self) -> &[(Law, Verdict)] {
        &self.0
    }

    /// Whether no law was broken, and success could be staged at all.
    pub fn is_conforming(&self) -> bool {
        self.0.iter().all(|(law, verdict)| match verdict {
            Verdict::Held => true,
            Verdict::Broken(_) => false,
            Verdict::NotStaged => *law != Law::Answers,
        })
    }
}

impl fmt::Display for Report {
    /// A line for each law, and what was seen where one was broken.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (law, verdict) in &self.0 {
            match verdict {
                Verdict::Held => writeln!(f, "held        {}", law.as_str())?,
                Verdict::Broken(seen) => writeln!(f, "broken      {}: {seen}", law.as_str())?,
                Verdict::NotStaged => writeln!(f, "not staged  {}", law.as_str())?,
            }
        }
        Ok(())
    }
}
