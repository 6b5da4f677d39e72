//! Verdicts: whether a value fits, as far as that could be decided.

/// Whether a value fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The value does not fit.
    Fails,
    /// The verdict could not be decided.
    Unknown,
    /// The value fits.
    Fits,
}

impl Verdict {
    pub(crate) fn of(fits: bool) -> Self {
        if fits { Self::Fits } else { Self::Fails }
    }

    /// The verdict of `not`.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Fails => Self::Fits,
            Self::Unknown => Self::Unknown,
            Self::Fits => Self::Fails,
        }
    }
}
