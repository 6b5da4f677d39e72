//! A sensitive value in an output that is not marked `sensitive`.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Edition;

use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "sensitive-output",
    severity: Severity::Error,
    summary: "an output contains a sensitive value and is not marked `sensitive`",
};

/// Edition 0.2 only: edition 0.1 cannot mark outputs, and masks these instead.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if model.composition.edition == Edition::V0_1 {
        return Vec::new();
    }
    let outputs = model.outputs().filter_map(|(position, placed)| {
        let output = model.composition.outputs.get(position).filter(|output| !output.sensitive)?;
        let leak = model.sensitive.leaks(&placed).into_iter().next()?;
        Some(
            Diagnostic::new(
                &CODE,
                leak.span,
                format!("output `{}` contains {}, which is sensitive", output.name.value, leak.words),
            )
            .with_label("would be printed")
            .with_related(leak.source, leak.of.reason.clone())
            .with_help("mark the output with `sensitive: true`, or return another value"),
        )
    });
    outputs.collect()
}
