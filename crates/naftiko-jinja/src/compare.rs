//! Comparison of values, with the rules of Python.

use std::cmp::Ordering;

use serde_json::Value;

use crate::meter::Meter;
use crate::number;
use crate::problem::Failure;
use crate::show::kind;

/// An operator that compares two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// Whether a comparison holds. Values without an order are neither less nor greater.
pub(crate) fn compared(
    comparator: Comparator,
    left: &Value,
    right: &Value,
    meter: &Meter,
) -> Result<bool, Failure> {
    let order = || order(left, right, meter);
    Ok(match comparator {
        Comparator::Equal => equal(left, right, meter)?,
        Comparator::NotEqual => !equal(left, right, meter)?,
        Comparator::Less => order()?.is_some_and(Ordering::is_lt),
        Comparator::LessOrEqual => order()?.is_some_and(Ordering::is_le),
        Comparator::Greater => order()?.is_some_and(Ordering::is_gt),
        Comparator::GreaterOrEqual => order()?.is_some_and(Ordering::is_ge),
        Comparator::In => contains(right, left, meter)?,
        Comparator::NotIn => !contains(right, left, meter)?,
    })
}

/// Whether two values are equal; numbers are compared by value.
pub(crate) fn equal(left: &Value, right: &Value, meter: &Meter) -> Result<bool, Failure> {
    meter.work(1)?;
    if let Some(ordering) = number::compare(left, right) {
        return Ok(ordering == Ordering::Equal);
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            meter.read(left.len().min(right.len()))?;
            Ok(left == right)
        }
        (Value::Array(left), Value::Array(right)) => {
            for (left, right) in left.iter().zip(right) {
                if !equal(left, right, meter)? {
                    return Ok(false);
                }
            }
            Ok(left.len() == right.len())
        }
        (Value::Object(left), Value::Object(right)) => {
            for (name, field) in left {
                let Some(other) = right.get(name) else { return Ok(false) };
                if !equal(field, other, meter)? {
                    return Ok(false);
                }
            }
            Ok(left.len() == right.len())
        }
        (left, right) => Ok(left.is_null() && right.is_null()),
    }
}

/// The order of two values: only numbers and texts have one.
pub(crate) fn order(left: &Value, right: &Value, meter: &Meter) -> Result<Option<Ordering>, Failure> {
    if let (Value::String(left), Value::String(right)) = (left, right) {
        meter.read(left.len().min(right.len()))?;
        return Ok(Some(left.cmp(right)));
    }
    meter.work(1)?;
    Ok(number::compare(left, right))
}

/// Whether a list contains an item, a text a part, or an object a field.
pub(crate) fn contains(searched: &Value, part: &Value, meter: &Meter) -> Result<bool, Failure> {
    match (searched, part) {
        (Value::String(text), Value::String(part)) => {
            meter.read(text.len())?;
            Ok(text.contains(part.as_str()))
        }
        (Value::Array(items), part) => {
            for item in items {
                if equal(item, part, meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Object(fields), Value::String(name)) => Ok(fields.contains_key(name)),
        _ => Err(Failure::type_error(format!("{} has no parts to look for", kind(searched)))),
    }
}
