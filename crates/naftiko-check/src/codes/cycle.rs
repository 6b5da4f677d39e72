//! Steps that wait for each other.

use std::collections::BTreeMap;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_plan::{Cycle, Edge, Reason};
use naftiko_spec::Composition;

use crate::codes::later_step;

pub(crate) static CODE: Code = Code {
    id: "cycle",
    severity: Severity::Error,
    summary: "steps wait for each other, so none can start",
};

/// Reports the cycle with the place of each of its edges. A reference to a later step, where only the order of the
/// document closes the cycle, is reported as [`later_step`].
pub(crate) fn report(
    cycle: &Cycle,
    composition: &Composition,
    places: &BTreeMap<(usize, usize), Span>,
) -> Option<Diagnostic> {
    // The edge against the order of the document is taken for the mistake of the author.
    let backward = cycle.edges.iter().position(|edge| edge.from >= edge.to)?;
    let mut edges = cycle.edges.clone();
    edges.rotate_left(backward);
    let (wrong, rest) = edges.split_first()?;
    let id = |step: usize| composition.steps.get(step).map_or("", |step| step.id.value.as_str());
    let place = |edge: &Edge| places.get(&(edge.from, edge.to)).copied().unwrap_or(composition.header);
    let path = edges.iter().map(|edge| edge.to).chain([wrong.to]);
    let path = path.map(|step| format!("`{}`", id(step))).collect::<Vec<_>>().join(" → ");
    let words = |edge: &Edge| match edge.reason {
        Reason::Reads => format!("`{}` reads `{}`", id(edge.to), id(edge.from)),
        Reason::DependsOn => format!("`{}` depends on `{}`", id(edge.to), id(edge.from)),
        Reason::Order => format!("`{}` follows `{}` in the document", id(edge.to), id(edge.from)),
    };
    let only_order = !rest.is_empty() && rest.iter().all(|edge| edge.reason == Reason::Order);
    let diagnostic = if only_order {
        later_step::report(place(wrong), &words(wrong), &path)
    } else if rest.is_empty() {
        Diagnostic::new(&CODE, place(wrong), format!("step `{}` waits for itself", id(wrong.to)))
            .with_label(words(wrong))
            .with_help("a step reads its own response as `response`, in `poll` and `expect`")
    } else {
        Diagnostic::new(&CODE, place(wrong), format!("steps wait for each other: {path}"))
            .with_label(words(wrong))
            .with_help("remove one of these references")
    };
    Some(rest.iter().fold(diagnostic, |diagnostic, edge| diagnostic.with_related(place(edge), words(edge))))
}
