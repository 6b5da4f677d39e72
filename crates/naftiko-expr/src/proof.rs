//! What a condition proves: paths that are there, and not null, once it has been true.
//!
//! `exists(a.b)`, `a.b == 'x'` and `len(a.b) > 0` all prove `a.b`; the last proves `a.b[0]` too. A caller that knows
//! that a condition has held (an `until`, an `expect`) hands its proofs to the types through
//! [`Scope::proofs`](crate::Scope::proofs).

use crate::ast::{Base, Call, Comparator, Comparison, Expr, ExprKind, Logical, Path, Root, Selector};

/// A path whose value is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Where it begins.
    pub root: Root,
    /// What is read; `first(a)` is `a[0]`, `last(a)` is `a[-1]`. Ranges inside predicates are all `0..0`.
    pub selectors: Vec<Selector>,
    /// Whether it may be null all the same: the item of a list that is not empty, if it is a list that has the length
    /// and not a string. What lies on the way is there and not null.
    pub may_be_null: bool,
}

impl Proof {
    /// Whether what is read by `selectors` of `root` is there for certain: it lies on the way of this proof.
    pub fn covers(&self, root: &Root, selectors: &[Selector]) -> bool {
        self.root == *root && self.selectors.starts_with(selectors)
    }

    /// Whether it is also certain not to be null.
    pub(crate) fn covers_not_null(&self, root: &Root, selectors: &[Selector]) -> bool {
        self.covers(root, selectors) && !(self.may_be_null && self.selectors.len() == selectors.len())
    }

    /// The same proof about a part of what it speaks of, under another root: a proof about `response.body.data[0]`
    /// is one about `step.data[0]`. Nothing: it does not go through `selectors`, or it speaks of an `item` or a
    /// `response` that is another one elsewhere.
    #[must_use]
    pub fn rebased(&self, root: &Root, selectors: &[Selector], onto: &Root) -> Option<Self> {
        if self.root != *root {
            return None;
        }
        let rest = self.selectors.strip_prefix(selectors)?;
        if rest.iter().any(is_local) {
            return None;
        }
        Some(Self { root: onto.clone(), selectors: rest.to_vec(), may_be_null: self.may_be_null })
    }
}

/// Whether a predicate reads what is known in one step only.
fn is_local(selector: &Selector) -> bool {
    let Selector::Filter(predicate) = selector else { return false };
    let mut references = Vec::new();
    predicate.collect_references(&mut references);
    references.iter().any(|reference| matches!(reference.root, Root::Item | Root::Index | Root::Response))
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

fn decided(expr: &Expr, truth: bool, proofs: &mut Vec<Proof>) {
    match &expr.kind {
        ExprKind::Not(inner) => decided(inner, !truth, proofs),
        ExprKind::Logical(Logical::And, operands) if truth => {
            for operand in operands {
                decided(operand, true, proofs);
            }
        }
        ExprKind::Logical(Logical::Or, operands) if !truth => {
            for operand in operands {
                decided(operand, false, proofs);
            }
        }
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
    let Some(list) = path_of(list).filter(is_single) else { return };
    for end in [0, -1] {
        let mut proof = Proof { may_be_null: true, ..list.clone() };
        proof.selectors.push(Selector::Index(end));
        proofs.push(proof);
    }
}

/// What is proved if an expression is there and not null.
fn given(expr: &Expr, proofs: &mut Vec<Proof>) {
    if let Some(proof) = path_of(expr) {
        proofs.push(proof);
        return;
    }
    match &expr.kind {
        ExprKind::Call(call) if !call.function.takes_absent() => {
            for (argument, parameter) in call.arguments.iter().zip(call.function.parameters()) {
                if !parameter.takes_null() {
                    given(argument, proofs);
                }
            }
        }
        ExprKind::Path(Path { base: Base::Value(inner), .. }) | ExprKind::Not(inner) => given(inner, proofs),
        _ => {}
    }
}

/// Whether it reads one value, so that what is read of that goes on with the same path: `(a[*].b)[0]` is not
/// `a[*].b[0]`.
fn is_single(proof: &Proof) -> bool {
    !proof.selectors.contains(&Selector::All)
}

/// An expression that reads one path from a root, as that path.
pub(crate) fn path_of(expr: &Expr) -> Option<Proof> {
    match &expr.kind {
        ExprKind::Path(path) => {
            let mut proof = match &path.base {
                Base::Root(root, _) => {
                    Proof { root: root.clone(), selectors: Vec::new(), may_be_null: false }
                }
                Base::Value(inner) => path_of(inner).filter(is_single)?,
                Base::Current(_) => return None,
            };
            proof.selectors.extend(path.selectors.iter().map(|(selector, _)| without_ranges(selector)));
            Some(proof)
        }
        ExprKind::Call(call) => {
            let end = match call.function.name() {
                "first" => 0,
                "last" => -1,
                _ => return None,
            };
            let mut proof = path_of(call.arguments.first()?).filter(is_single)?;
            proof.selectors.push(Selector::Index(end));
            Some(proof)
        }
        _ => None,
    }
}

fn without_ranges(selector: &Selector) -> Selector {
    match selector {
        Selector::Filter(predicate) => Selector::Filter(Box::new(strip(predicate))),
        other => other.clone(),
    }
}

/// The same expression with every range `0..0`.
fn strip(expr: &Expr) -> Expr {
    let kind = match &expr.kind {
        ExprKind::Literal(value) => ExprKind::Literal(value.clone()),
        ExprKind::List(items) => ExprKind::List(items.iter().map(strip).collect()),
        ExprKind::Not(inner) => ExprKind::Not(Box::new(strip(inner))),
        ExprKind::Logical(operator, operands) => {
            ExprKind::Logical(*operator, operands.iter().map(strip).collect())
        }
        ExprKind::Comparison(comparison) => ExprKind::Comparison(Box::new(Comparison {
            left: strip(&comparison.left),
            comparator: comparison.comparator,
            comparator_range: 0..0,
            right: strip(&comparison.right),
        })),
        ExprKind::Call(call) => ExprKind::Call(Call {
            function: call.function,
            name_range: 0..0,
            arguments: call.arguments.iter().map(strip).collect(),
        }),
        ExprKind::Path(path) => ExprKind::Path(Path {
            base: match &path.base {
                Base::Root(root, _) => Base::Root(root.clone(), 0..0),
                Base::Current(_) => Base::Current(0..0),
                Base::Value(inner) => Base::Value(Box::new(strip(inner))),
            },
            selectors: path.selectors.iter().map(|(selector, _)| (without_ranges(selector), 0..0)).collect(),
        }),
    };
    Expr { kind, range: 0..0 }
}
