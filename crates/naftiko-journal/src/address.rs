//! The names of the parts of a run.
//!
//! A step of the plan is named by its id. The name of a part of a step begins with the name of the step: `invite[2]` is
//! the third item of a step with `forEach`, `onboard/create` is the step `create` of the composition that the step
//! `onboard` runs, and `create:compensate` is the compensation of `create`. Ids contain none of these characters, so
//! every name can be parsed again.

/// The suffix of the name of a compensation.
const COMPENSATE: &str = ":compensate";

/// A parsed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A step of the run's own plan.
    Step(&'a str),
    /// A step of the composition that another step runs.
    Inner {
        /// The name of the step that runs the composition.
        of: &'a str,
        /// The id of the step in that composition.
        id: &'a str,
    },
    /// An item of a step.
    Item {
        /// The name of the step.
        of: &'a str,
        /// Its place in the list, from 0.
        index: u32,
    },
    /// The compensation of a step.
    Compensation {
        /// The name of the step that is compensated.
        of: &'a str,
    },
}

impl<'a> Part<'a> {
    /// Parses a name; `None` if it is not well-formed.
    pub fn of(name: &'a str) -> Option<Self> {
        if let Some(of) = name.strip_suffix(COMPENSATE) {
            return Some(Self::Compensation { of });
        }
        if let Some(rest) = name.strip_suffix(']') {
            let (of, index) = rest.rsplit_once('[')?;
            return Some(Self::Item { of, index: index.parse().ok()? });
        }
        Some(name.rsplit_once('/').map_or(Self::Step(name), |(of, id)| Self::Inner { of, id }))
    }
}

/// The name of an item of a step.
pub fn item(of: &str, index: u32) -> String {
    format!("{of}[{index}]")
}

/// The name of a step of the composition that another step runs.
pub fn inner(of: &str, id: &str) -> String {
    format!("{of}/{id}")
}

/// The name of the compensation of a step.
pub fn compensation(of: &str) -> String {
    format!("{of}{COMPENSATE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_as_it_was_made() {
        let name = compensation(&item(&inner(&item("onboard", 2), "invite"), 0));
        assert_eq!(name, "onboard[2]/invite[0]:compensate");
        let Some(Part::Compensation { of }) = Part::of(&name) else { panic!("{name}") };
        let Some(Part::Item { of, index: 0 }) = Part::of(of) else { panic!("{of}") };
        let Some(Part::Inner { of, id: "invite" }) = Part::of(of) else { panic!("{of}") };
        let Some(Part::Item { of, index: 2 }) = Part::of(of) else { panic!("{of}") };
        assert_eq!(Part::of(of), Some(Part::Step("onboard")));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for name in ["a]", "a[x]", "a[-1]", "a[4294967296]"] {
            assert_eq!(Part::of(name), None, "{name}");
        }
    }
}
