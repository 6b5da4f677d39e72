//! The purposes of steps, as capabilities documents declare them for operations.

use std::collections::BTreeSet;

use naftiko_spec::Purpose;

use crate::analyses::model::{Call, Model};
use crate::ir::resolved::Resolved;

/// Whether a step has one of the `wanted` purposes, through its operation or through the composition that it runs.
pub(crate) fn is_for(model: &Model<'_>, position: usize, wanted: &[Purpose]) -> bool {
    match model.steps.get(position) {
        Some(Resolved::Operation(resolution)) => {
            resolution.facts.purposes.iter().any(|purpose| wanted.contains(&purpose.value))
        }
        Some(Resolved::Composition(embedded)) => {
            embedded.purposes.iter().any(|purpose| wanted.contains(purpose))
        }
        _ => false,
    }
}

/// The operation steps that have at least one of the `wanted` purposes.
pub(crate) fn calls_for<'a>(model: &Model<'a>, wanted: &'static [Purpose]) -> Vec<Call<'a>> {
    let is_wanted = |call: &Call<'_>| is_for(model, call.position, wanted);
    model.calls().filter(is_wanted).collect()
}

/// The purposes of all steps of a composition. A step that runs the composition has all of them.
pub(crate) fn purposes(model: &Model<'_>) -> BTreeSet<Purpose> {
    let mut purposes = BTreeSet::new();
    for resolved in model.steps {
        match resolved {
            Resolved::Operation(resolution) => {
                purposes.extend(resolution.facts.purposes.iter().map(|purpose| purpose.value));
            }
            Resolved::Composition(embedded) => purposes.extend(embedded.purposes.iter().copied()),
            Resolved::External(_) | Resolved::Unknown => {}
        }
    }
    purposes
}
