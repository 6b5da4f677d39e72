//! The tests of a template: the names allowed after `is`.

use std::fmt;

use serde_json::Value;

use crate::compare::{self, Comparator, compared};
use crate::meter::Meter;
use crate::number;
use crate::problem::{Failure, RenderErrorKind};

/// A test of a value.
pub struct Test {
    name: &'static str,
    holds: Holds,
}

enum Holds {
    /// A test of a value that may be missing.
    Presence(fn(Option<&Value>) -> bool),
    /// A test of a value.
    Alone(fn(&Value) -> bool),
    /// A test of a value against another value.
    Beside(fn(&Value, &Value, &Meter) -> Result<bool, Failure>),
}

macro_rules! compares {
    ($name:literal, $comparator:ident) => {
        Test {
            name: $name,
            holds: Holds::Beside(|value, other, meter| {
                compared(Comparator::$comparator, value, other, meter)
            }),
        }
    };
}

macro_rules! alone {
    ($name:literal, $holds:expr) => {
        Test { name: $name, holds: Holds::Alone($holds) }
    };
}

/// All tests, in the order of their documentation.
pub static TESTS: &[Test] = &[
    Test { name: "defined", holds: Holds::Presence(|value| value.is_some()) },
    Test { name: "undefined", holds: Holds::Presence(|value| value.is_none()) },
    alone!("none", Value::is_null),
    alone!("true", |value| *value == Value::Bool(true)),
    alone!("false", |value| *value == Value::Bool(false)),
    alone!("boolean", Value::is_boolean),
    alone!("number", Value::is_number),
    alone!("integer", |value| value.is_i64() || value.is_u64()),
    alone!("float", Value::is_f64),
    alone!("string", Value::is_string),
    alone!("sequence", Value::is_array),
    alone!("mapping", Value::is_object),
    alone!("iterable", |value| value.is_array() || value.is_object() || value.is_string()),
    alone!("odd", |value| number::integer(value).is_some_and(|number| number % 2 != 0)),
    alone!("even", |value| number::integer(value).is_some_and(|number| number % 2 == 0)),
    Test {
        name: "divisibleby",
        holds: Holds::Beside(|value, by, _| {
            let (value, by) = (number::integer(value), number::integer(by));
            Ok(value.zip(by).is_some_and(|(value, by)| value.checked_rem(by) == Some(0)))
        }),
    },
    Test {
        name: "startingwith",
        holds: Holds::Beside(|value, part, meter| {
            let (value, part) = (value.as_str().unwrap_or_default(), part.as_str().unwrap_or("\0"));
            meter.read(part.len())?;
            Ok(value.starts_with(part))
        }),
    },
    Test {
        name: "endingwith",
        holds: Holds::Beside(|value, part, meter| {
            let (value, part) = (value.as_str().unwrap_or_default(), part.as_str().unwrap_or("\0"));
            meter.read(part.len())?;
            Ok(value.ends_with(part))
        }),
    },
    compares!("eq", Equal),
    compares!("equalto", Equal),
    compares!("ne", NotEqual),
    compares!("lt", Less),
    compares!("lessthan", Less),
    compares!("le", LessOrEqual),
    compares!("gt", Greater),
    compares!("greaterthan", Greater),
    compares!("ge", GreaterOrEqual),
    Test {
        name: "in",
        holds: Holds::Beside(|value, searched, meter| compare::contains(searched, value, meter)),
    },
];

/// The test with this name.
pub(crate) fn find(name: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.name == name)
}

impl Test {
    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn takes_argument(&self) -> bool {
        matches!(self.holds, Holds::Beside(_))
    }

    pub(crate) fn holds(
        &self,
        value: Option<&Value>,
        argument: Option<&Value>,
        meter: &Meter,
    ) -> Result<bool, Failure> {
        let missing = || Failure::new(RenderErrorKind::Missing, "a value is missing");
        match &self.holds {
            Holds::Presence(holds) => Ok(holds(value)),
            Holds::Alone(holds) => Ok(holds(value.ok_or_else(missing)?)),
            Holds::Beside(holds) => {
                holds(value.ok_or_else(missing)?, argument.unwrap_or(&Value::Null), meter)
            }
        }
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
