//! The graph as DOT (Graphviz) and Mermaid text.

use std::fmt::Write as _;

use crate::{Graph, Reason};

impl Graph {
    /// The graph in the DOT language of Graphviz. A dashed edge comes only from the order of the document.
    pub fn to_dot(&self) -> String {
        let mut out = String::from("digraph composition {\n  rankdir=LR;\n  node [shape=box];\n");
        for step in 0..self.len() {
            let id = self.id(step).unwrap_or_default().replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(out, "  s{step} [label=\"{id}\"];");
        }
        for edge in self.edges() {
            let style = if edge.reason == Reason::Order { " [style=dashed]" } else { "" };
            let _ = writeln!(out, "  s{} -> s{}{style};", edge.from, edge.to);
        }
        out.push_str("}\n");
        out
    }

    /// The graph as a Mermaid flowchart. A dotted edge comes only from the order of the document.
    pub fn to_mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for step in 0..self.len() {
            let id = self.id(step).unwrap_or_default().replace('"', "#quot;");
            let _ = writeln!(out, "  s{step}[\"{id}\"]");
        }
        for edge in self.edges() {
            let arrow = if edge.reason == Reason::Order { "-.->" } else { "-->" };
            let _ = writeln!(out, "  s{} {arrow} s{}", edge.from, edge.to);
        }
        out
    }
}
