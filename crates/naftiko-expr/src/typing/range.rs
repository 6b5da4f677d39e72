//! Ranges of numbers, and comparisons that are false for every number in them.

use crate::ast::{Comparison, Expr, ExprKind, Root, Selector};
use crate::compare::Comparator;
use crate::place::{Origin, Place};
use serde_json::{Number, Value};

/// The status codes for which conditions are evaluated: any other status fails the step first.
const SUCCESS: Range = Range { low: Bound::at(200.0), high: Bound::at(299.0) };

/// The numbers between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    low: Bound,
    high: Bound,
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    at: f64,
    /// Whether the bound itself is excluded.
    is_open: bool,
}

impl Bound {
    const fn at(at: f64) -> Self {
        Self { at, is_open: false }
    }

    const fn beside(at: f64) -> Self {
        Self { at, is_open: true }
    }
}

impl Range {
    /// The range of an expression, if its form alone limits it; `None` otherwise.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Literal(Value::Number(number)) => {
                let bound = Bound::at(exact(number)?);
                Some(Self { low: bound, high: bound })
            }
            ExprKind::Call(call) if call.function.name() == "len" => Some(Self::from(Bound::at(0.0))),
            ExprKind::Path(_) => {
                let place = Place::of(expr);
                match (&place.origin, place.selectors.as_slice()) {
                    (Origin::Root(Root::Index), []) => Some(Self::from(Bound::at(0.0))),
                    (Origin::Root(Root::Response), [Selector::Field(name)]) if name == "status" => {
                        Some(SUCCESS)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn from(low: Bound) -> Self {
        Self { low, high: Bound::at(f64::INFINITY) }
    }

    fn to(high: Bound) -> Self {
        Self { low: Bound::at(f64::NEG_INFINITY), high }
    }

    /// Whether some number is in both ranges.
    pub(super) fn overlaps(self, other: Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The numbers that are in both ranges.
    fn intersection(self, other: Self) -> Self {
        let low = match self.low.at.total_cmp(&other.low.at) {
            std::cmp::Ordering::Less => other.low,
            std::cmp::Ordering::Greater => self.low,
            std::cmp::Ordering::Equal => Bound { is_open: self.low.is_open || other.low.is_open, ..self.low },
        };
        let high = match self.high.at.total_cmp(&other.high.at) {
            std::cmp::Ordering::Less => self.high,
            std::cmp::Ordering::Greater => other.high,
            std::cmp::Ordering::Equal => {
                Bound { is_open: self.high.is_open || other.high.is_open, ..self.high }
            }
        };
        Self { low, high }
    }

    fn is_empty(self) -> bool {
        self.low.at > self.high.at || (self.low.at >= self.high.at && (self.low.is_open || self.high.is_open))
    }

    /// The numbers for which the comparison with some number of this range is true; `None` for comparators that do not
    /// limit the range.
    fn satisfying(self, comparator: Comparator) -> Option<Self> {
        Some(match comparator {
            Comparator::Equal => self,
            Comparator::Less => Self::to(Bound::beside(self.high.at)),
            Comparator::LessOrEqual => Self::to(self.high),
            Comparator::Greater => Self::from(Bound::beside(self.low.at)),
            Comparator::GreaterOrEqual => Self::from(self.low),
            Comparator::NotEqual | Comparator::In => return None,
        })
    }
}

/// A number as an `f64`; `None` from 2^53 on, where different integers have the same `f64`.
fn exact(number: &Number) -> Option<f64> {
    number.as_f64().filter(|number| number.abs() < 9_007_199_254_740_992.0)
}

/// Whether a comparison is false for all numbers in the ranges of its sides.
pub(super) fn is_never_true(comparison: &Comparison) -> bool {
    let Comparison { left, comparator, right, .. } = comparison;
    let Some(left_range) = Range::of(left) else { return false };
    match (comparator, &right.kind) {
        (Comparator::In, ExprKind::List(items)) => {
            let never = |item: &Expr| match &item.kind {
                ExprKind::Literal(Value::Number(_)) => {
                    Range::of(item).is_some_and(|item| !left_range.overlaps(item))
                }
                ExprKind::Literal(_) => true,
                _ => false,
            };
            !items.is_empty() && items.iter().all(never)
        }
        _ => Range::of(right)
            .and_then(|right| right.satisfying(*comparator))
            .is_some_and(|wanted| !left_range.overlaps(wanted)),
    }
}

/// The constraint that an operand of `&&` puts on one value.
pub(super) enum Demand {
    /// A number in this range.
    Number(Range),
    /// Exactly this string.
    Text(String),
}

impl Demand {
    /// The place that a comparison with a literal constrains, and the constraint; `None` for any other operand.
    pub(super) fn of(operand: &Expr) -> Option<(Place, Self)> {
        let ExprKind::Comparison(comparison) = &operand.kind else { return None };
        let Comparison { left, comparator, right, .. } = comparison.as_ref();
        let (value, comparator, literal) = match (&left.kind, &right.kind) {
            (ExprKind::Literal(_), ExprKind::Literal(_)) => return None,
            (_, ExprKind::Literal(literal)) => (left, *comparator, literal),
            (ExprKind::Literal(literal), _) => (right, mirrored(*comparator), literal),
            _ => return None,
        };
        let place = Place::of(value);
        if !place.is_single() {
            return None;
        }
        let demand = match (literal, comparator) {
            (Value::String(text), Comparator::Equal) => Self::Text(text.clone()),
            (Value::Number(number), comparator) => {
                let bound = Bound::at(exact(number)?);
                Self::Number(Range { low: bound, high: bound }.satisfying(comparator)?)
            }
            _ => return None,
        };
        Some((place, demand))
    }

    /// Whether no value fulfills both constraints.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => !one.overlaps(*other),
            (Self::Text(one), Self::Text(other)) => one != other,
            _ => true,
        }
    }
}

/// The equivalent comparator when the sides are swapped.
fn mirrored(comparator: Comparator) -> Comparator {
    match comparator {
        Comparator::Less => Comparator::Greater,
        Comparator::LessOrEqual => Comparator::GreaterOrEqual,
        Comparator::Greater => Comparator::Less,
        Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        same => same,
    }
}
