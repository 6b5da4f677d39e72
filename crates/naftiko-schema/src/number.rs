//! Exact comparison of JSON numbers, also where a double cannot hold an integer.

use std::cmp::Ordering;

use serde_json::Number;

/// 2^127: every double of this size or more is beyond `i128`.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

/// Compares two numbers by value.
pub(crate) fn compare(a: &Number, b: &Number) -> Ordering {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => with_float(a, float(b)),
        (None, Some(b)) => with_float(b, float(a)).reverse(),
        (None, None) => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
    }
}

/// Whether a number is an integer; `5.0` is one.
pub(crate) fn is_integer(number: &Number) -> bool {
    integer(number).is_some() || float(number).fract() == 0.0
}

/// The text of a number, one for all its spellings.
pub(crate) fn canonical(number: &Number) -> String {
    match integer(number) {
        Some(integer) => integer.to_string(),
        None => float(number).to_string(),
    }
}

/// The integer that a number is, as far as 128 bits hold it.
fn integer(number: &Number) -> Option<i128> {
    if let Some(small) = number.as_i64() {
        return Some(small.into());
    }
    if let Some(large) = number.as_u64() {
        return Some(large.into());
    }
    whole(float(number))
}

#[expect(clippy::cast_possible_truncation, reason = "the bounds are tested")]
fn whole(float: f64) -> Option<i128> {
    (float.fract() == 0.0 && float.abs() < BEYOND).then_some(float as i128)
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

/// Compares an integer with a number that no integer of 128 bits equals.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are tested")]
fn with_float(integer: i128, float: f64) -> Ordering {
    if float.abs() >= BEYOND {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let floor = float.floor() as i128;
    // The float lies between `floor` and the next integer.
    if integer <= floor { Ordering::Less } else { Ordering::Greater }
}
