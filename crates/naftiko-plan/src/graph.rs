//! The order of steps, as a graph.

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, VecDeque};

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

/// The step `to` starts after `from` has ended. Both are positions in the list of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The predecessor.
    pub from: usize,
    /// The successor.
    pub to: usize,
    /// The reason.
    pub reason: Reason,
}

/// The reason why a step follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The step reads the result of the other.
    Reads,
    /// The step names the other in `dependsOn`.
    DependsOn,
    /// The step comes after the other in the document.
    Order,
}

/// Steps that wait for each other: each follows the one before it, and the first follows the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The edges around the cycle; never empty.
    pub edges: Vec<Edge>,
}

/// The steps of a plan, and the order between them.
#[derive(Debug, Clone)]
pub struct Graph {
    graph: DiGraph<String, Reason>,
}

impl Graph {
    /// The graph of these steps. Edges to unknown steps are dropped; of several edges between two steps, the one with
    /// the strongest reason remains.
    pub fn new(steps: Vec<String>, mut edges: Vec<Edge>) -> Self {
        let count = steps.len();
        edges.sort_unstable();
        edges.dedup_by_key(|edge| (edge.from, edge.to));
        let mut graph = DiGraph::with_capacity(count, edges.len());
        for step in steps {
            graph.add_node(step);
        }
        for edge in edges.iter().filter(|edge| edge.from < count && edge.to < count) {
            graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), edge.reason);
        }
        Self { graph }
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    /// The id of the step at a position.
    pub fn id(&self, step: usize) -> Option<&str> {
        self.graph.node_weight(NodeIndex::new(step)).map(String::as_str)
    }

    /// All edges, sorted.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges: Vec<Edge> = self
            .graph
            .edge_references()
            .map(|edge| Edge {
                from: edge.source().index(),
                to: edge.target().index(),
                reason: *edge.weight(),
            })
            .collect();
        edges.sort_unstable();
        edges
    }

    /// The steps that a step follows directly, sorted.
    pub fn before(&self, step: usize) -> Vec<usize> {
        self.neighbors(step, petgraph::Direction::Incoming)
    }

    /// The steps that directly follow a step, sorted.
    pub fn after(&self, step: usize) -> Vec<usize> {
        self.neighbors(step, petgraph::Direction::Outgoing)
    }

    /// A topological order of the steps; `None` if there is a cycle.
    pub fn order(&self) -> Option<Vec<usize>> {
        Some(toposort(&self.graph, None).ok()?.into_iter().map(NodeIndex::index).collect())
    }

    /// One cycle for each group of steps that wait for each other: the shortest one through the first step of the
    /// group.
    pub fn cycles(&self) -> Vec<Cycle> {
        // Not `tarjan_scc`, which recurses: a chain of 100,000 steps would overflow the stack.
        let mut cycles: Vec<Cycle> = kosaraju_scc(&self.graph)
            .into_iter()
            .filter_map(|group| {
                let start = group.iter().copied().min()?;
                self.shortest_cycle(start, &group)
            })
            .collect();
        cycles.sort_by_key(|cycle| cycle.edges.first().copied());
        cycles
    }

    /// A breadth-first search from `start` within its group, back to `start`.
    fn shortest_cycle(&self, start: NodeIndex, group: &[NodeIndex]) -> Option<Cycle> {
        let inside: BTreeSet<_> = group.iter().copied().collect();
        let mut reached_by = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            let mut edges: Vec<_> =
                self.graph.edges(node).filter(|edge| inside.contains(&edge.target())).collect();
            edges.sort_by_key(EdgeRef::target);
            for edge in edges {
                let step = Edge { from: node.index(), to: edge.target().index(), reason: *edge.weight() };
                if edge.target() == start {
                    return Some(Cycle { edges: trace(start, step, &reached_by) });
                }
                if let Entry::Vacant(unreached) = reached_by.entry(edge.target()) {
                    unreached.insert(step);
                    queue.push_back(edge.target());
                }
            }
        }
        None
    }

    fn neighbors(&self, step: usize, direction: petgraph::Direction) -> Vec<usize> {
        let mut steps: Vec<usize> =
            self.graph.neighbors_directed(NodeIndex::new(step), direction).map(NodeIndex::index).collect();
        steps.sort_unstable();
        steps
    }
}

/// The edges from `start` to the edge that closes the cycle.
fn trace(start: NodeIndex, closing: Edge, reached_by: &BTreeMap<NodeIndex, Edge>) -> Vec<Edge> {
    let mut edges = vec![closing];
    let mut at = NodeIndex::new(closing.from);
    while at != start {
        let Some(edge) = reached_by.get(&at) else { break };
        edges.push(*edge);
        at = NodeIndex::new(edge.from);
    }
    edges.reverse();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(steps: &str, edges: &[(usize, usize)]) -> Graph {
        let edges = edges.iter().map(|&(from, to)| Edge { from, to, reason: Reason::Reads }).collect();
        Graph::new(steps.chars().map(String::from).collect(), edges)
    }

    #[test]
    fn a_cycle_is_named_whole_and_once() {
        let graph = graph("abcd", &[(0, 1), (1, 2), (2, 1), (2, 3)]);
        let cycles = graph.cycles();
        let ends: Vec<_> =
            cycles.iter().flat_map(|cycle| &cycle.edges).map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(ends, [(1, 2), (2, 1)]);
        assert_eq!(graph.order(), None);
    }

    #[test]
    fn a_step_that_waits_for_itself_is_a_cycle() {
        assert_eq!(graph("a", &[(0, 0)]).cycles().len(), 1);
    }

    #[test]
    fn no_cycle_is_an_order() {
        let graph = graph("abc", &[(2, 0), (0, 1)]);
        assert!(graph.cycles().is_empty());
        assert_eq!(graph.order(), Some(vec![2, 0, 1]));
        assert_eq!(graph.before(1), [0]);
        assert_eq!(graph.after(2), [0]);
    }
}
