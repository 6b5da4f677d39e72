//! Taint propagation: which values flow into the value of an expression, and which it only tests.
//!
//! `upper(inputs.token)` carries the token; `len(inputs.token)` and `inputs.token == 'x'` reveal something about it
//! but do not carry it. In case of doubt, a value counts as carried. The path to a value consists of field names;
//! list positions are ignored.

use std::ops::Range;

use naftiko_expr::{Base, Call, Expr, ExprKind, Expression, Logical, Path, Root, Selector};

/// The maximum number of pairs of an item reference and a value in its list that are tracked separately.
const MAX_PAIRS: usize = 4_096;

/// A value that flows into the value of an expression, wholly or in part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Carried {
    /// The root of the reference.
    pub(crate) root: Root,
    /// The fields that lead to the value.
    pub(crate) path: Vec<String>,
    /// The range of the reference in the text of the expression.
    pub(crate) range: Range<usize>,
    /// Whether the value is passed on unchanged, so that a field read from the result extends the path.
    whole: bool,
}

impl Carried {
    /// The fields below the carried value that lead to `path`; empty if they are unknown.
    pub(crate) fn rest_of(&self, path: &[String]) -> Vec<String> {
        let rest = path.strip_prefix(self.path.as_slice()).filter(|_| self.whole);
        rest.unwrap_or_default().to_vec()
    }

    /// The part of the value at these fields.
    fn at(mut self, fields: &[String]) -> Self {
        if self.whole {
            self.path.extend_from_slice(fields);
        }
        self
    }

    /// The value as read through a reference to `item`.
    fn through(self, name: &Self) -> Self {
        let read = self.at(&name.path);
        Self { range: name.range.clone(), whole: read.whole && name.whole, ..read }
    }

    /// The value after a transformation.
    fn changed(self) -> Self {
        Self { whole: false, ..self }
    }
}

/// Everything that flows into the value of an expression, in the order of the text.
pub(crate) fn carried(expression: &Expression) -> Vec<Carried> {
    of(expression.root())
}

/// Like [`carried`], for an expression in which `item` is an item of `list`: values in the list flow into `item`.
pub(crate) fn carried_of_item(expression: &Expression, list: &Expression) -> Vec<Carried> {
    let (of_item, others): (Vec<Carried>, Vec<Carried>) =
        carried(expression).into_iter().partition(|found| found.root == Root::Item);
    let Some(first) = of_item.first() else { return others };
    let listed = carried(list);
    // Too many pairs to track: every listed value may flow into any part of the result.
    if listed.len().saturating_mul(of_item.len()) > MAX_PAIRS {
        let all = listed.into_iter().map(|of| Carried { range: first.range.clone(), ..of.changed() });
        return all.chain(others).collect();
    }
    let through = |found: Carried| listed.iter().cloned().map(move |of| of.through(&found));
    let mut all: Vec<Carried> = of_item.into_iter().flat_map(through).chain(others).collect();
    all.sort_by_key(|found| found.range.start);
    all
}

fn of(expr: &Expr) -> Vec<Carried> {
    match &expr.kind {
        // The result is true or false, and carries no operand.
        ExprKind::Not(_) | ExprKind::Comparison(_) | ExprKind::Logical(Logical::And | Logical::Or, _) => {
            Vec::new()
        }
        ExprKind::Literal(_) => Vec::new(),
        ExprKind::List(items) | ExprKind::Logical(Logical::Coalesce, items) => {
            items.iter().flat_map(of).collect()
        }
        ExprKind::Path(path) => of_path(path),
        ExprKind::Call(call) => of_call(call),
    }
}

fn of_path(path: &Path) -> Vec<Carried> {
    let fields: Vec<String> = path
        .selectors
        .iter()
        .filter_map(|(selector, _)| match selector {
            Selector::Field(name) => Some(name.clone()),
            // A predicate selects items; the values it compares them with do not flow on.
            Selector::Index(_) | Selector::All | Selector::Filter(_) => None,
        })
        .collect();
    match &path.base {
        Base::Root(root, range) => {
            let end = path.selectors.last().map_or(range.end, |(_, range)| range.end);
            vec![Carried { root: root.clone(), path: fields, range: range.start..end, whole: true }]
        }
        // Occurs only in a predicate, whose result is true or false.
        Base::Current(_) => Vec::new(),
        Base::Value(inner) => of(inner).into_iter().map(|carried| carried.at(&fields)).collect(),
    }
}

fn of_call(call: &Call) -> Vec<Carried> {
    let arguments = call.arguments.iter().flat_map(of);
    match call.function.name() {
        "len" | "exists" | "contains" | "startsWith" | "endsWith" | "matches" => Vec::new(),
        "first" | "last" => arguments.collect(),
        // Also the default for new functions, whose result may hold the argument anywhere.
        _ => arguments.map(Carried::changed).collect(),
    }
}

#[cfg(test)]
mod tests;
