//! The keywords of a schema that cannot be used.

use crate::graph::Graph;

/// A keyword that cannot be used and is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Where it is in the schema: a JSON pointer below the schema or, for a definition, below `/$defs`.
    pub pointer: String,
    /// The reason, in one line.
    pub reason: String,
}

/// The patterns that are no regular expressions.
pub(crate) fn unusable_patterns(graph: &Graph) -> impl Iterator<Item = Defect> {
    let unusable = graph.patterns.iter().filter(|(_, leaf)| leaf.is_unusable());
    unusable.map(|(pointer, leaf)| Defect {
        pointer: pointer.clone(),
        reason: format!("`{}` is not a regular expression", leaf.text()),
    })
}
