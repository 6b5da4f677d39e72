//! Comparison of values (RFC 9535, section 2.3.5.2.2): absent equals only absent, different types are neither equal nor
//! ordered, numbers compare by value and strings by Unicode scalar values.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
}

impl Comparator {
    /// The operator in source text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// The result of a comparison; `None` is an absent operand. `in` is handled by the evaluator and is false here.
pub(crate) fn compare(comparator: Comparator, left: Option<&Value>, right: Option<&Value>) -> bool {
    let less = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => order(a, b) == Some(Ordering::Less),
        _ => false,
    };
    let same = || match (left, right) {
        (Some(left), Some(right)) => equal(left, right),
        (None, None) => true,
        _ => false,
    };
    match comparator {
        Comparator::Equal => same(),
        Comparator::NotEqual => !same(),
        Comparator::Less => less(left, right),
        Comparator::LessOrEqual => less(left, right) || same(),
        Comparator::Greater => less(right, left),
        Comparator::GreaterOrEqual => less(right, left) || same(),
        Comparator::In => false,
    }
}

/// Whether two values are equal.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

/// The order of two numbers or two strings; `None` for any other pair.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right),
        // UTF-8 bytes sort in the same order as Unicode scalar values.
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Compares by value and exactly: an integer beyond 2^53 is not rounded to the nearest float.
fn order_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (Some(left), None) => order_with_float(left, right.as_f64()?),
        (None, Some(right)) => order_with_float(right, left.as_f64()?).map(Ordering::reverse),
        (None, None) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn order_with_float(integer: i128, float: f64) -> Option<Ordering> {
    // A float beyond the range of `i128` saturates to its end, which no integer of JSON reaches.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fraction is cut off first, and the cast saturates"
    )]
    let whole = float.trunc() as i128;
    Some(integer.cmp(&whole).then(0.0.partial_cmp(&float.fract())?))
}
