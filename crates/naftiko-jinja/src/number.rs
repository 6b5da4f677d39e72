//! Arithmetic on JSON numbers, with the rules of Python.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::problem::Failure;

/// An operator that makes one value of two: arithmetic, or `~`, which joins texts. `+` also joins texts and lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Concatenate,
}

/// Two numbers, as integers if both are.
enum Pair {
    Integers(i64, i64),
    Floats(f64, f64),
}

fn pair(left: &Value, right: &Value) -> Option<Pair> {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(Pair::Integers(left, right)),
        _ => Some(Pair::Floats(float(left)?, float(right)?)),
    }
}

/// The integer of a value; true counts as 1.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    }
}

/// The float of a value; true counts as 1.
pub(crate) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    }
}

/// A float as a value.
pub(crate) fn of_float(float: f64) -> Result<Value, Failure> {
    Number::from_f64(float).map(Value::Number).ok_or_else(no_number)
}

fn no_number() -> Failure {
    Failure::type_error("the result is not a number")
}

/// The result of an operator on two numbers; `None` if an operand is not a number.
pub(crate) fn calculate(operator: Operator, left: &Value, right: &Value) -> Option<Result<Value, Failure>> {
    Some(match pair(left, right)? {
        Pair::Integers(left, right) => of_integers(operator, left, right),
        Pair::Floats(left, right) => of_floats(operator, left, right),
    })
}

fn of_integers(operator: Operator, left: i64, right: i64) -> Result<Value, Failure> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::FloorDivide => floor_divided(left, right),
        Operator::Remainder => {
            floor_divided(left, right).and_then(|quotient| left.checked_sub(quotient.checked_mul(right)?))
        }
        #[expect(clippy::cast_precision_loss, reason = "a quotient is a float, in Python too")]
        Operator::Divide if right != 0 => return of_float(left as f64 / right as f64),
        Operator::Divide | Operator::Concatenate => None,
    };
    result.map(Value::from).ok_or_else(no_number)
}

/// The quotient, rounded down.
fn floor_divided(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let is_rounded_up = left.checked_rem(right)? != 0 && (left < 0) != (right < 0);
    quotient.checked_sub(i64::from(is_rounded_up))
}

fn of_floats(operator: Operator, left: f64, right: f64) -> Result<Value, Failure> {
    of_float(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::FloorDivide => (left / right).floor(),
        Operator::Remainder => left - right * (left / right).floor(),
        Operator::Concatenate => return Err(no_number()),
    })
}

/// The order of two numbers; `None` if an operand is not a number.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match pair(left, right)? {
        Pair::Integers(left, right) => Some(left.cmp(&right)),
        Pair::Floats(left, right) => left.partial_cmp(&right),
    }
}

/// A number as in Python: a float always has a fraction.
pub(crate) fn written(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => {
            let text = float.to_string();
            if text.contains(['.', 'N', 'i']) { text } else { format!("{text}.0") }
        }
        None => number.to_string(),
    }
}
