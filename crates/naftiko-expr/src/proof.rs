//! Narrowing: the values that are certain to be there, and not null, once a condition has been true.
//!
//! `exists(a.b)`, `a.b == 'x'` and `len(a.b) > 0` all prove `a.b`; the last also proves `a.b[0]`. `exists(a ?? b)`,
//! like `exists(a) || exists(b)`, proves that one of the two is there, and therefore `a ?? b`. An absent value is not
//! null, so `!exists(a)` and `a != null` prove nothing. A caller that knows that a condition is true (a `when`, an
//! `until`, an `expect`) provides its proofs to the type checker through [`Scope::proofs`](crate::Scope::proofs).

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use crate::ast::{Base, Call, Comparison, Expr, ExprKind, Logical, Path, Root, Selector};
use crate::compare::{self, Comparator};
use crate::place::{Origin, Place};
use crate::types::{Presence, Typed};

/// The most proofs that are stored for a disjunction.
const MAX_REASONS: usize = 16;

/// A value that is certain to be there. Displayed as an expression that has a value, followed by `?` if it may be null.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The places of which at least one is there.
    any: Vec<Place>,
    /// Whether the value may be null: it equals null, or is the first or last item of a value with a positive `len` (an
    /// item exists only if that value is a list rather than a string). Every value before it on the path is there and
    /// not null. Always false if there are several places.
    may_be_null: bool,
}

impl Proof {
    fn of(place: Place) -> Self {
        Self { any: vec![place], may_be_null: false }
    }

    /// The root that all its places start from; `None` if they differ or one does not start from a root.
    pub fn root(&self) -> Option<&Root> {
        let mut roots = self.any.iter().map(Place::root);
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    /// Whether the place is certain to be there: it is a prefix of every proved place.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        self.any.iter().all(|proved| place.leads_to(proved))
    }

    /// Whether the place is also certain not to be null.
    pub(crate) fn covers_not_null(&self, place: &Place) -> bool {
        let is_its_end = |proved: &Place| proved.selectors.len() == place.selectors.len();
        self.covers(place) && !(self.may_be_null && self.any.iter().any(is_its_end))
    }

    /// Whether one of several places is certain to be there and not null, even if it is unknown which.
    pub(crate) fn covers_one_of(&self, places: &[Place]) -> bool {
        !self.may_be_null && self.any.iter().all(|proved| places.iter().any(|place| place.leads_to(proved)))
    }

    /// Whether the proof depends on the item of a predicate, so that it has no meaning outside of that predicate.
    pub(crate) fn speaks_of_current(&self) -> bool {
        self.any.iter().any(Place::speaks_of_current)
    }

    /// The fields between a place and the proved value, and whether that value may be null; `None` if the proof is not
    /// about one value inside the place.
    pub(crate) fn fields_after(&self, place: &Place) -> Option<(Vec<&str>, bool)> {
        let [proved] = self.any.as_slice() else { return None };
        let rest = proved.selectors.get(place.selectors.len()..).filter(|_| place.leads_to(proved))?;
        let fields = rest.iter().map_while(|selector| match selector {
            Selector::Field(name) => Some(name.as_str()),
            _ => None,
        });
        let fields: Vec<&str> = fields.collect();
        let may_be_null = self.may_be_null && fields.len() == rest.len();
        Some((fields, may_be_null))
    }

    /// Whether the value that `selectors` read of `root` is certain to be there and not null.
    pub fn gives(&self, root: &Root, selectors: &[Selector]) -> bool {
        self.covers_not_null(&Place { selectors: selectors.to_vec(), ..Place::of_root(root) })
    }

    /// Moves the proof to another root: with the selectors of `response.body`, a proof about `response.body.data[0]`
    /// becomes one about `step.data[0]`. `None` if the proof does not start with `selectors`, or if it reads `item`,
    /// `index` or `response`, which have other values elsewhere.
    #[must_use]
    pub fn rebased(&self, root: &Root, selectors: &[Selector], onto: &Root) -> Option<Self> {
        let rebased = |place: &Place| {
            let rest = place.selectors.strip_prefix(selectors)?;
            let place = Place { origin: Origin::Root(onto.clone()), selectors: rest.to_vec() };
            (!place.is_local()).then_some(place)
        };
        if self.root() != Some(root) {
            return None;
        }
        let any: Vec<Place> = self.any.iter().map(rebased).collect::<Option<_>>()?;
        Some(Self { any, may_be_null: self.may_be_null })
    }

    /// Restates a proof about the item of a predicate as a proof about `item`; `None` if that is not possible.
    fn of_item(mut self) -> Option<Self> {
        for place in &mut self.any {
            match place.origin {
                Origin::Current => place.origin = Origin::Root(Root::Item),
                _ if place.speaks_of_current() => return None,
                _ => {}
            }
        }
        Some(self)
    }
}

impl Display for Proof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, place) in self.any.iter().enumerate() {
            if index > 0 {
                f.write_str(" ?? ")?;
            }
            match &place.origin {
                // `??` joins the places; only logical operators and comparisons need parentheses.
                Origin::Value(value)
                    if self.any.len() > 1
                        && place.selectors.is_empty()
                        && matches!(value.kind, ExprKind::Logical(..) | ExprKind::Comparison(_)) =>
                {
                    write!(f, "({place})")?;
                }
                _ => place.fmt(f)?,
            }
        }
        if self.may_be_null { f.write_str("?") } else { Ok(()) }
    }
}

impl Typed {
    /// Narrows the type of a root by the proofs about it: the value is there, and it has the proved fields. Proofs
    /// about other roots are ignored.
    #[must_use]
    pub fn proved(self, root: &Root, proofs: &[&Proof]) -> Self {
        let place = Place::of_root(root);
        let covering: Vec<&Proof> = proofs.iter().copied().filter(|proof| proof.covers(&place)).collect();
        given_at(self, &place, &covering)
    }
}

/// Narrows the type at a place by the proofs that cover it: the value is there, it has the proved fields, and it is not
/// null if that is proved.
pub(crate) fn given_at(typed: Typed, place: &Place, covering: &[&Proof]) -> Typed {
    if typed.presence == Presence::Never || covering.is_empty() {
        return typed;
    }
    let parts = covering.iter().filter_map(|proof| proof.fields_after(place));
    let ty = parts.fold(typed.ty, |ty, (fields, may_be_null)| ty.having(&fields, may_be_null));
    if !covering.iter().any(|proof| proof.covers_not_null(place)) {
        return Typed::always(ty);
    }
    Typed::always(ty.split_null().0)
}

/// The proofs that hold if an expression is true.
pub(crate) fn of_truth(expr: &Expr) -> Vec<Proof> {
    let mut proofs = Vec::new();
    decided(expr, true, &mut proofs);
    proofs
}

/// The proofs that hold if an expression is false.
pub(crate) fn of_falsehood(expr: &Expr) -> Vec<Proof> {
    let mut proofs = Vec::new();
    decided(expr, false, &mut proofs);
    proofs
}

/// The proofs about each item of the resulting list, stated about `item`: the predicates that selected the item prove
/// them of `@`.
pub(crate) fn of_items(list: &Expr) -> Vec<Proof> {
    let ExprKind::Path(path) = &list.kind else { return Vec::new() };
    if path.selectors.iter().any(|(selector, _)| *selector == Selector::All) {
        return Vec::new();
    }
    let predicates = path.selectors.iter().rev().map_while(|(selector, _)| match selector {
        Selector::Filter(predicate) => Some(predicate),
        _ => None,
    });
    let mut proofs: Vec<Proof> =
        predicates.clone().flat_map(|predicate| of_truth(predicate)).filter_map(Proof::of_item).collect();
    if let (Base::Value(inner), true) = (&path.base, predicates.count() == path.selectors.len()) {
        proofs.extend(of_items(inner));
    }
    proofs
}

fn decided(expr: &Expr, truth: bool, proofs: &mut Vec<Proof>) {
    match &expr.kind {
        ExprKind::Not(inner) => decided(inner, !truth, proofs),
        ExprKind::Logical(Logical::Coalesce, _) => given_as(expr, &Value::Bool(truth), proofs),
        ExprKind::Logical(operator, operands) if (*operator == Logical::And) == truth => {
            for operand in operands {
                decided(operand, truth, proofs);
            }
        }
        ExprKind::Logical(_, operands) => either(operands, truth, proofs),
        ExprKind::Comparison(comparison) => compared(comparison, truth, proofs),
        ExprKind::Call(Call { function, arguments, .. }) if function.takes_absent() => {
            if truth {
                for argument in arguments {
                    given(argument, proofs);
                }
            }
        }
        // An absent or null value is neither true nor false.
        _ => given(expr, proofs),
    }
}

/// Adds the proofs of a disjunction: for each combination of one proof per operand, that one of them holds.
fn either(operands: &[Expr], truth: bool, proofs: &mut Vec<Proof>) {
    let mut joint: Option<Vec<Proof>> = None;
    for operand in operands {
        let mut own = Vec::new();
        decided(operand, truth, &mut own);
        own.retain(|proof| !proof.may_be_null);
        let both = match &joint {
            None => own,
            Some(known) => {
                known.iter().flat_map(|known| own.iter().map(|own| one_or_other(known, own))).collect()
            }
        };
        joint = Some(both.into_iter().take(MAX_REASONS).collect());
    }
    proofs.extend(joint.into_iter().flatten());
}

fn one_or_other(one: &Proof, other: &Proof) -> Proof {
    let mut proof = one.clone();
    for place in &other.any {
        if !proof.any.contains(place) {
            proof.any.push(place.clone());
        }
    }
    proof
}

fn compared(comparison: &Comparison, truth: bool, proofs: &mut Vec<Proof>) {
    let Comparison { left, comparator, right, .. } = comparison;
    let (comparator, truth) = match comparator {
        Comparator::NotEqual => (Comparator::Equal, !truth),
        other => (*other, truth),
    };
    if !truth {
        return;
    }
    match comparator {
        Comparator::Less | Comparator::Greater => {
            given(left, proofs);
            given(right, proofs);
        }
        Comparator::In => {
            given(right, proofs);
            if is_given(right) {
                given(left, proofs);
            }
        }
        Comparator::Equal => {
            equal(left, right, proofs);
            equal(right, left, proofs);
        }
        // Absent equals absent and null equals null, so one side has to be known as neither.
        _ => {
            if is_given(right) {
                given(left, proofs);
            }
            if is_given(left) {
                given(right, proofs);
            }
        }
    }
    if let Some(list) = counted(left, comparator, right) {
        not_empty(list, proofs);
    }
}

/// Adds the proofs about an expression that equals another.
fn equal(expr: &Expr, other: &Expr, proofs: &mut Vec<Proof>) {
    match &other.kind {
        // An absent value does not equal null.
        ExprKind::Literal(Value::Null) => {
            if let ExprKind::Path(_) = expr.kind {
                proofs.push(Proof { may_be_null: true, ..Proof::of(Place::of(expr)) });
            }
        }
        ExprKind::Literal(value) => given_as(expr, value, proofs),
        _ if is_given(other) => given(expr, proofs),
        _ => {}
    }
}

/// Whether an expression, by its form alone, is never absent or null and contains no null.
fn is_given(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => !value.is_null(),
        ExprKind::List(items) => items.iter().all(is_given),
        ExprKind::Comparison(_) => true,
        ExprKind::Not(_) | ExprKind::Logical(..) | ExprKind::Path(_) | ExprKind::Call(_) => false,
    }
}

/// The list of `len(list) > 0` and equivalent comparisons; `None` for any other comparison.
fn counted<'e>(left: &'e Expr, comparator: Comparator, right: &'e Expr) -> Option<&'e Expr> {
    let (call, comparator, count) = match (&left.kind, &right.kind) {
        (ExprKind::Call(call), ExprKind::Literal(count)) => (call, comparator, count),
        (ExprKind::Literal(count), ExprKind::Call(call)) => (call, mirrored(comparator), count),
        _ => return None,
    };
    let count = count.as_f64()?;
    let at_least_one = match comparator {
        Comparator::Greater => count >= 0.0,
        Comparator::GreaterOrEqual | Comparator::Equal => count > 0.0,
        _ => false,
    };
    (call.function.name() == "len" && at_least_one).then(|| call.arguments.first()).flatten()
}

fn mirrored(comparator: Comparator) -> Comparator {
    match comparator {
        Comparator::Less => Comparator::Greater,
        Comparator::LessOrEqual => Comparator::GreaterOrEqual,
        Comparator::Greater => Comparator::Less,
        Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        other => other,
    }
}

/// Adds the proof that a list has a first and a last item. An item may be null.
fn not_empty(list: &Expr, proofs: &mut Vec<Proof>) {
    let place = Place::of(list);
    if place.is_single() {
        let ends = [0, -1].map(|end| Proof { may_be_null: true, ..Proof::of(place.clone().item(end)) });
        proofs.extend(ends);
    }
}

/// Adds the proofs that hold if an expression is there and not null.
fn given(expr: &Expr, proofs: &mut Vec<Proof>) {
    match &expr.kind {
        ExprKind::Logical(Logical::Coalesce, _) => among(expr, None, proofs),
        ExprKind::Not(inner) => given(inner, proofs),
        // The call has a value even for an absent argument, so it proves nothing.
        ExprKind::Call(call) if call.function.takes_absent() => {}
        ExprKind::Path(_) | ExprKind::Call(_) => {
            let place = Place::of(expr);
            let is_value = matches!(place.origin, Origin::Value(_));
            proofs.push(Proof::of(place));
            match &expr.kind {
                ExprKind::Path(Path { base: Base::Value(inner), .. }) if is_value => given(inner, proofs),
                ExprKind::Call(call) if is_value => {
                    for (argument, parameter) in call.arguments.iter().zip(call.function.parameters()) {
                        if !parameter.takes_null() {
                            given(argument, proofs);
                        }
                    }
                }
                _ => {}
            }
        }
        ExprKind::Literal(_) | ExprKind::List(_) | ExprKind::Logical(..) | ExprKind::Comparison(_) => {}
    }
}

/// Adds the proofs that hold if an expression has this value, which is not null.
fn given_as(expr: &Expr, value: &Value, proofs: &mut Vec<Proof>) {
    match (&expr.kind, value) {
        (ExprKind::Logical(Logical::Coalesce, _), _) => among(expr, Some(value), proofs),
        (ExprKind::Not(_) | ExprKind::Logical(..) | ExprKind::Comparison(_), Value::Bool(truth)) => {
            decided(expr, *truth, proofs);
        }
        (ExprKind::Call(call), Value::Bool(truth)) if call.function.takes_absent() => {
            decided(expr, *truth, proofs);
        }
        _ => given(expr, proofs),
    }
}

/// Adds the proofs that hold if `??` has a value (`value`, if given): one of its operands has it.
fn among(coalesce: &Expr, value: Option<&Value>, proofs: &mut Vec<Proof>) {
    proofs.push(Proof::of(Place::of(coalesce)));
    let could_be = |operand: &&Expr| match &operand.kind {
        ExprKind::Literal(literal) => {
            value.map_or(!literal.is_null(), |value| compare::equal(literal, value))
        }
        _ => true,
    };
    let candidates: Vec<&Expr> = operands(coalesce).into_iter().filter(could_be).collect();
    match (candidates.as_slice(), value) {
        ([only], Some(value)) => given_as(only, value, proofs),
        ([only], None) => given(only, proofs),
        (several, _) => {
            let is_read = |operand: &&Expr| matches!(operand.kind, ExprKind::Path(_) | ExprKind::Call(_));
            if !several.is_empty() && several.iter().all(is_read) {
                let any = several.iter().map(|operand| Place::of(operand)).collect();
                proofs.push(Proof { any, may_be_null: false });
            }
        }
    }
}

/// The operands of `??`, including those of nested `??`, which is associative.
pub(crate) fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Logical(Logical::Coalesce, inner) => inner.iter().flat_map(operands).collect(),
        _ => vec![expr],
    }
}
