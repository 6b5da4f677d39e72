//! Orders the steps: by references, by `dependsOn`, and by the document where there is no `dependsOn`.

use std::collections::BTreeMap;

use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_plan::{Edge, Graph, Reason};
use naftiko_spec::Composition;

use crate::analyses::symbols::Names;
use crate::codes;
use crate::ir::bound::Bound;

/// The edges between the steps; reports cycles and unknown dependencies.
pub(crate) fn find(
    composition: &Composition,
    bound: &[Bound],
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, step) in composition.steps.iter().enumerate() {
        positions.entry(step.id.value.as_str()).or_insert(position);
    }
    let mut places: BTreeMap<(usize, usize), Span> = BTreeMap::new();
    let mut edges = Vec::new();
    for (to, (step, bound)) in composition.steps.iter().zip(bound).enumerate() {
        let mut add = |from: usize, reason: Reason, span: Span| {
            edges.push(Edge { from, to, reason });
            places.entry((from, to)).or_insert(span);
        };
        for read in &bound.reads {
            if let Some(&from) = positions.get(read.step.as_str()) {
                add(from, Reason::Reads, read.span);
            }
        }
        match &step.depends_on {
            Some(named) => {
                for named in named {
                    match positions.get(named.value.as_str()) {
                        Some(&from) => add(from, Reason::DependsOn, named.span),
                        None => {
                            diagnostics.push(codes::unknown_dependency::report(named, names.step_index()));
                        }
                    }
                }
            }
            None => {
                if let Some(from) = to.checked_sub(1) {
                    add(from, Reason::Order, step.id.span);
                }
            }
        }
    }
    let graph = Graph::new(composition.steps.iter().map(|step| step.id.value.clone()).collect(), edges);
    for cycle in graph.cycles() {
        diagnostics.extend(codes::cycle::report(&cycle, composition, &places));
    }
    graph.edges()
}
