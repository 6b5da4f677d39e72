//! Which values an expression carries, and which it only asks about.
//!
//! `upper(inputs.token)` carries the token; `len(inputs.token)` and `inputs.token == 'x'` reveal something about it but
//! do not carry it. In case of doubt, a value counts as carried. A path to a value is the names of its fields:
//! positions in lists do not count.

use std::ops::Range;

use naftiko_expr::{Base, Call, Expr, ExprKind, Expression, Logical, Path, Root, Selector};

/// How many pairs of an item and of what is in its list are told apart.
const MAX_PAIRS: usize = 4_096;

/// A value that gets into the value of an expression, wholly or in part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Carried {
    /// Where it is read.
    pub(crate) root: Root,
    /// The fields that lead to it.
    pub(crate) path: Vec<String>,
    /// Where the reference is written in the text of the expression.
    pub(crate) range: Range<usize>,
    /// Whether it is still itself, so that what is read of it leads further along its way.
    whole: bool,
}

impl Carried {
    /// The fields that lead on to `path` in the value it gets into; none where they cannot be told.
    pub(crate) fn rest_of(&self, path: &[String]) -> Vec<String> {
        let rest = path.strip_prefix(self.path.as_slice()).filter(|_| self.whole);
        rest.unwrap_or_default().to_vec()
    }

    /// What is read of it.
    fn at(mut self, fields: &[String]) -> Self {
        if self.whole {
            self.path.extend_from_slice(fields);
        }
        self
    }

    /// It, as it is read by another name.
    fn through(self, name: &Self) -> Self {
        let read = self.at(&name.path);
        Self { range: name.range.clone(), whole: read.whole && name.whole, ..read }
    }

    /// It, made into something else.
    fn changed(self) -> Self {
        Self { whole: false, ..self }
    }
}

/// Everything that gets into the value of an expression, in the order it is written.
pub(crate) fn carried(expression: &Expression) -> Vec<Carried> {
    of(expression.root())
}

/// The same where `item` is one of the values of `list`: what gets into the list gets into it.
pub(crate) fn carried_of_item(expression: &Expression, list: &Expression) -> Vec<Carried> {
    let (of_item, others): (Vec<Carried>, Vec<Carried>) =
        carried(expression).into_iter().partition(|found| found.root == Root::Item);
    let Some(first) = of_item.first() else { return others };
    let listed = carried(list);
    // All that is listed may get into the value, wherever in it.
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
        // True or false, whatever it is about.
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
            // A predicate chooses items; what it compares them with is not among them.
            Selector::Index(_) | Selector::All | Selector::Filter(_) => None,
        })
        .collect();
    match &path.base {
        Base::Root(root, range) => {
            let end = path.selectors.last().map_or(range.end, |(_, range)| range.end);
            vec![Carried { root: root.clone(), path: fields, range: range.start..end, whole: true }]
        }
        // Only in a predicate, which is true or false.
        Base::Current(_) => Vec::new(),
        Base::Value(inner) => of(inner).into_iter().map(|carried| carried.at(&fields)).collect(),
    }
}

fn of_call(call: &Call) -> Vec<Carried> {
    let arguments = call.arguments.iter().flat_map(of);
    match call.function.name() {
        "len" | "exists" | "contains" | "startsWith" | "endsWith" | "matches" => Vec::new(),
        "first" | "last" => arguments.collect(),
        // Also what a new function makes of it, until it is known where in the result it is.
        _ => arguments.map(Carried::changed).collect(),
    }
}

#[cfg(test)]
mod tests;
