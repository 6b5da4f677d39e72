//! The graph as DOT (Graphviz) and Mermaid text.

use naftiko_text::{Printable, dot, mermaid, printable};

use crate::{Graph, Reason};

impl Graph {
    /// The graph in the DOT language of Graphviz. A dashed edge comes only from the order of the document.
    pub fn to_dot(&self) -> Printable {
        let mut out = Printable::from("digraph composition {\n  rankdir=LR;\n  node [shape=box];\n");
        for step in 0..self.len() {
            let label = dot(self.id(step).unwrap_or_default());
            out.push(&printable!("  s{} [label=\"{}\"];\n", step, label));
        }
        for edge in self.edges() {
            let style = if edge.reason == Reason::Order { " [style=dashed]" } else { "" };
            out.push(&printable!("  s{} -> s{}{};\n", edge.from, edge.to, style));
        }
        out.push_literal("}\n");
        out
    }

    /// The graph as a Mermaid flowchart. A dotted edge comes only from the order of the document.
    pub fn to_mermaid(&self) -> Printable {
        let mut out = Printable::from("flowchart LR\n");
        for step in 0..self.len() {
            let label = mermaid(self.id(step).unwrap_or_default());
            out.push(&printable!("  s{}[\"{}\"]\n", step, label));
        }
        for edge in self.edges() {
            let arrow = if edge.reason == Reason::Order { "-.->" } else { "-->" };
            out.push(&printable!("  s{} {} s{}\n", edge.from, arrow, edge.to));
        }
        out
    }
}
