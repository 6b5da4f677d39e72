//! Finds the names that a template reads and does not define.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::ast::{Expr, Kind, Node, Suffix};
use crate::problem::{Problem, ProblemKind};

/// The names that are read and neither known nor defined, each once, at its first position.
pub(crate) fn unknown(nodes: &[Node], known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut reads = Reads::default();
    reads.nodes(nodes);
    let mut seen = BTreeSet::new();
    let free = reads.free.into_iter().filter(|(name, _)| !known(name) && seen.insert(name.clone()));
    free.map(|(name, range)| {
        Problem::new(ProblemKind::Name, range, format!("this message has no value `{name}`"))
    })
    .collect()
}

/// Whether one of these names is read.
pub(crate) fn reads(nodes: &[Node], names: &[&str]) -> bool {
    let mut reads = Reads::default();
    reads.nodes(nodes);
    reads.free.iter().any(|(name, _)| names.contains(&name.as_str()))
}

#[derive(Default)]
struct Reads {
    defined: BTreeSet<String>,
    /// The names that the innermost loop has defined, which end with it.
    own: Vec<String>,
    free: Vec<(String, Range<usize>)>,
}

impl Reads {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Show(shown) => self.expr(shown),
                Node::If { branches, otherwise } => {
                    for (test, body) in branches {
                        self.expr(test);
                        self.nodes(body);
                    }
                    self.nodes(otherwise);
                }
                Node::For(repeated) => {
                    self.expr(&repeated.list);
                    let outside = std::mem::take(&mut self.own);
                    repeated.names.iter().for_each(|name| self.define(name));
                    self.define("loop");
                    repeated.filter.iter().for_each(|filter| self.expr(filter));
                    self.nodes(&repeated.body);
                    for name in std::mem::replace(&mut self.own, outside) {
                        self.defined.remove(&name);
                    }
                    self.nodes(&repeated.otherwise);
                }
                Node::Set { name, value } => {
                    self.expr(value);
                    self.define(name);
                }
            }
        }
    }

    fn define(&mut self, name: &str) {
        if self.defined.insert(name.to_owned()) {
            self.own.push(name.to_owned());
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Literal(_) => {}
            Kind::Name(name) => {
                if !self.defined.contains(name) {
                    self.free.push((name.clone(), expr.range.clone()));
                }
            }
            Kind::List(items) | Kind::Logical { operands: items, .. } => {
                for item in items {
                    self.expr(item);
                }
            }
            Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.expr(key);
                self.expr(value);
            }),
            Kind::Not(inner) | Kind::Negative(inner) => self.expr(inner),
            Kind::Chain(first, others) => {
                self.expr(first);
                for (_, other) in others {
                    self.expr(other);
                }
            }
            Kind::Compare(first, others) => {
                self.expr(first);
                for (_, other) in others {
                    self.expr(other);
                }
            }
            Kind::Choice { test, then, otherwise } => {
                self.expr(test);
                self.expr(then);
                if let Some(otherwise) = otherwise {
                    self.expr(otherwise);
                }
            }
            Kind::Postfix(value, suffixes) => {
                self.expr(value);
                for suffix in suffixes {
                    self.suffix(suffix);
                }
            }
        }
    }

    fn suffix(&mut self, suffix: &Suffix) {
        match suffix {
            Suffix::Field(_) => {}
            Suffix::Index(index) => self.expr(index),
            Suffix::Slice { start, stop } => start.iter().chain(stop).for_each(|bound| self.expr(bound)),
            Suffix::Filter { arguments, .. } => {
                arguments.iter().flatten().for_each(|argument| self.expr(argument));
            }
            Suffix::Test { argument, .. } => argument.iter().for_each(|argument| self.expr(argument)),
        }
    }
}
