//! The assertions about one scalar that a library decides: patterns, formats and multiples.

use std::fmt;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::verdict::Verdict;

/// One keyword with its value, compiled when it is first needed.
pub(crate) struct Leaf {
    keyword: &'static str,
    value: Value,
    compiled: OnceLock<Compiled>,
}

enum Compiled {
    /// Decides every value in time linear in its length.
    Linear(Validator),
    /// Decides what it can within a limit of steps: patterns with look-around or back-references. Longer texts have
    /// their own limit.
    Limited(Box<(Validator, Validator)>),
    /// The keyword makes no sense.
    Unusable,
}

impl Leaf {
    pub(crate) fn new(keyword: &'static str, value: Value) -> Self {
        Self { keyword, value, compiled: OnceLock::new() }
    }

    /// The value of the keyword, where it is a text.
    pub(crate) fn text(&self) -> &str {
        self.value.as_str().unwrap_or_default()
    }

    /// Whether a scalar fits; a keyword that makes no sense asserts nothing.
    pub(crate) fn verdict(&self, value: &Value) -> Verdict {
        match self.compiled() {
            Compiled::Linear(validator) => Verdict::of(validator.is_valid(value)),
            Compiled::Limited(validators) => {
                match if limit(value) == SHORT_LIMIT { &validators.0 } else { &validators.1 }.validate(value)
                {
                    Ok(()) => Verdict::Fits,
                    Err(error) => match error.kind() {
                        ValidationErrorKind::BacktrackLimitExceeded { .. }
                        | ValidationErrorKind::RegexEngineFailure { .. } => Verdict::Unknown,
                        _ => Verdict::Fails,
                    },
                }
            }
            Compiled::Unusable => Verdict::Fits,
        }
    }

    /// How many steps a text costs at most.
    pub(crate) fn cost(&self, value: &Value) -> u64 {
        match self.compiled() {
            Compiled::Limited(_) => (limit(value) / BACKTRACKS_PER_STEP) as u64,
            Compiled::Linear(_) | Compiled::Unusable => 1,
        }
    }

    pub(crate) fn is_unusable(&self) -> bool {
        matches!(self.compiled(), Compiled::Unusable)
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let schema = Value::Object(Map::from_iter([(self.keyword.to_owned(), self.value.clone())]));
            let options = || jsonschema::draft202012::options().should_validate_formats(true);
            if let Ok(validator) = options().with_pattern_options(PatternOptions::regex()).build(&schema) {
                return Compiled::Linear(validator);
            }
            let limited = |limit| {
                let patterns = PatternOptions::fancy_regex().backtrack_limit(limit);
                options().with_pattern_options(patterns).build(&schema)
            };
            match (limited(SHORT_LIMIT), limited(LONG_LIMIT)) {
                (Ok(short), Ok(long)) => Compiled::Limited(Box::new((short, long))),
                _ => Compiled::Unusable,
            }
        })
    }
}

/// How often the engine may go back within a text of up to [`SHORT`] bytes, and within a longer one.
const SHORT_LIMIT: usize = 10_000;
const LONG_LIMIT: usize = 100_000;
const SHORT: usize = 1024;

/// How often the engine may go back for each step that is counted.
const BACKTRACKS_PER_STEP: usize = 20;

fn limit(value: &Value) -> usize {
    if value.as_str().is_some_and(|text| text.len() > SHORT) { LONG_LIMIT } else { SHORT_LIMIT }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.keyword, self.value)
    }
}
