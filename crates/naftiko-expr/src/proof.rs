//! What a condition proves: values that are there, and not null, once it has been true.
//!
//! `exists(a.b)`, `a.b == 'x'` and `len(a.b) > 0` all prove `a.b`; the last proves `a.b[0]` too. `exists(a ?? b)`, like
//! `exists(a) || exists(b)`, proves that one of the two is there, and with it `a ?? b`. `!exists(a)` and `a != null`
//! prove nothing: what is absent is not null. A caller that knows that a condition has held (a `when`, an `until`, an
//! `expect`) hands its proofs to the types through [`Scope::proofs`](crate::Scope::proofs).

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use crate::ast::{Base, Call, Comparator, Comparison, Expr, ExprKind, Logical, Path, Root, Selector};
use crate::compare;
use crate::place::{Origin, Place};
use crate::types::{Presence, Typed};

/// As many proofs are kept of a condition that holds for one reason or another.
const MAX_REASONS: usize = 16;

/// Something that is there. As text it is an expression that has a value, with `?` behind it if that may be null.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// At least one of these is.
    any: Vec<Place>,
    /// Whether it may be null all the same: the item of a list that is not empty, if it is a list that has the length
    /// and not a string. What lies on the way is there and not null. Never where there are several.
    may_be_null: bool,
}

impl Proof {
    fn of(place: Place) -> Self {
        Self { any: vec![place], may_be_null: false }
    }

    /// The root that all it speaks of begins at; nothing if there are several, or something else.
    pub fn root(&self) -> Option<&Root> {
        let mut roots = self.any.iter().map(Place::root);
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    /// Whether what is read at a place is there for certain: it lies on the way of this proof.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        self.any.iter().all(|proved| place.leads_to(proved))
    }

    /// Whether it is also certain not to be null.
    pub(crate) fn covers_not_null(&self, place: &Place) -> bool {
        let is_its_end = |proved: &Place| proved.selectors.len() == place.selectors.len();
        self.covers(place) && !(self.may_be_null && self.any.iter().any(is_its_end))
    }

    /// Whether one of several is there and not null, whichever that is.
    pub(crate) fn covers_one_of(&self, places: &[Place]) -> bool {
        !self.may_be_null && self.any.iter().all(|proved| places.iter().any(|place| place.leads_to(proved)))
    }

    /// Whether it is about the item of a predicate, so that it means nothing outside of that.
    pub(crate) fn speaks_of_current(&self) -> bool {
        self.any.iter().any(Place::speaks_of_current)
    }

    /// The fields that lead from a place to what is there, and whether that may be null.
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

    /// Whether what `selectors` read of `root` is there for certain, and not null.
    pub fn gives(&self, root: &Root, selectors: &[Selector]) -> bool {
        self.covers_not_null(&Place { selectors: selectors.to_vec(), ..Place::of_root(root) })
    }

    /// The same proof about a part of what it speaks of, under another root: a proof about `response.body.data[0]`
    /// is one about `step.data[0]`. Nothing: it does not go through `selectors`, or it speaks of an `item` or a
    /// `response` that is another one elsewhere.
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

    /// What is proved of the item of a predicate, as it is proved of `item`.
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
                // What joins them binds less than anything but conditions.
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
    /// What a root can be of which something is proved: it is there, and one of the values that have what is proved of
    /// it. Proofs of other roots change nothing.
    #[must_use]
    pub fn proved(self, root: &Root, proofs: &[&Proof]) -> Self {
        let place = Place::of_root(root);
        let covering: Vec<&Proof> = proofs.iter().copied().filter(|proof| proof.covers(&place)).collect();
        given_at(self, &place, &covering)
    }
}

/// What is at a place that proofs cover: a value that is proved is there, and one of those that have what is proved of
/// it; if it is proved not to be null, null is none of them.
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

/// What is proved if an expression is true.
pub(crate) fn of_truth(expr: &Expr) -> Vec<Proof> {
    let mut proofs = Vec::new();
    decided(expr, true, &mut proofs);
    proofs
}

/// What is proved if an expression is false.
pub(crate) fn of_falsehood(expr: &Expr) -> Vec<Proof> {
    let mut proofs = Vec::new();
    decided(expr, false, &mut proofs);
    proofs
}

/// What is proved of each item of the list that an expression gives, as `item`: what the predicates that have kept it
/// prove of `@`.
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
        // It could not have been true or false if it were absent or null.
        _ => given(expr, proofs),
    }
}

/// What is proved if at least one of several conditions is so: one of what each of them proves.
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
        // Absent equals absent and null equals null, unless one side is known to be neither.
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

/// What is proved of an expression if another equals it.
fn equal(expr: &Expr, other: &Expr, proofs: &mut Vec<Proof>) {
    match &other.kind {
        // What is absent does not equal null.
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

/// Whether an expression, written so, can be neither absent nor null, nor hold null.
fn is_given(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => !value.is_null(),
        ExprKind::List(items) => items.iter().all(is_given),
        ExprKind::Comparison(_) => true,
        ExprKind::Not(_) | ExprKind::Logical(..) | ExprKind::Path(_) | ExprKind::Call(_) => false,
    }
}

/// The list of `len(list) > 0` and its like.
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

/// An item of a list may be null, so its place is proved and no more: reading on is what a caller does.
fn not_empty(list: &Expr, proofs: &mut Vec<Proof>) {
    let place = Place::of(list);
    if place.is_single() {
        let ends = [0, -1].map(|end| Proof { may_be_null: true, ..Proof::of(place.clone().item(end)) });
        proofs.extend(ends);
    }
}

/// What is proved if an expression is there and not null.
fn given(expr: &Expr, proofs: &mut Vec<Proof>) {
    match &expr.kind {
        ExprKind::Logical(Logical::Coalesce, _) => among(expr, None, proofs),
        ExprKind::Not(inner) => given(inner, proofs),
        // It has a value whatever it is given.
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

/// What is proved if an expression has a value that is not null.
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

/// What is proved if the operands of `??` have a value: one of them is it.
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

/// The operands of `??`, those of one within it too: it makes no difference.
pub(crate) fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Logical(Logical::Coalesce, inner) => inner.iter().flat_map(operands).collect(),
        _ => vec![expr],
    }
}
