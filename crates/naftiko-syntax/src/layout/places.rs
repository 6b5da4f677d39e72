//! Where the scalars and the bracketed parts of a text are, found without a walk through their neighbors.

use naftiko_diagnostics::{Span, work};

use super::has_braces;
use crate::tree::{Node, Value};
use crate::write::Site;

/// A scalar in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Span,
    pub(super) site: Site,
}

/// The places of a tree, in the order of the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Keys and scalar values.
    scalars: Vec<Found>,
    /// Lists and mappings in brackets or braces that are in no other.
    flows: Vec<Span>,
}

impl Places {
    /// Indexes a tree. An alias has no place of its own: its value is found where it is written.
    pub(super) fn new(text: &str, root: &Node) -> Self {
        let mut places = Self::default();
        places.node(text, root, false);
        places
    }

    fn node(&mut self, text: &str, node: &Node, flow: bool) {
        work::add(1);
        let braces = has_braces(text, node);
        if braces && !flow {
            self.flows.push(node.span);
        }
        let inside = flow || braces;
        match &node.value {
            Value::Mapping(entries) => {
                for (_, entry) in entries.iter() {
                    self.scalars.push(Found { span: entry.key_span, site: Site { flow: inside, key: true } });
                    if entry.value.span.start >= entry.key_span.end {
                        self.node(text, &entry.value, inside);
                    }
                }
            }
            Value::Sequence(items) => {
                for item in items {
                    let read = self.scalars.last().map_or(0, |last| last.span.start);
                    if item.span.start >= node.span.start && item.span.start >= read {
                        self.node(text, item, inside);
                    }
                }
            }
            _ => self.scalars.push(Found { span: node.span, site: Site { flow, key: false } }),
        }
    }

    /// The scalar that a span is, or lies in.
    pub(super) fn scalar_at(&self, span: Span) -> Option<Found> {
        let after = self.scalars.partition_point(|found| found.span.start <= span.start);
        // A value that is left out has no length, and may begin where the next key does.
        let near = self.scalars.get(after.saturating_sub(2)..after)?;
        work::add(near.len());
        near.iter().rev().find(|found| contains(found.span, span)).copied()
    }

    /// Whether a span lies inside brackets or braces that begin before it.
    pub(super) fn is_in_flow(&self, span: Span) -> bool {
        let after = self.flows.partition_point(|flow| flow.start <= span.start);
        let flow = after.checked_sub(1).and_then(|at| self.flows.get(at));
        flow.is_some_and(|flow| *flow != span && contains(*flow, span))
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
