//! A sensitive value in the URL of a request.

use naftiko_adapter::Place;
use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_plan::Slot;

use crate::analyses::model::Model;
use crate::codes::rules::sensitive_to_other_provider::is_of_another;

pub(crate) static CODE: Code = Code {
    id: "sensitive-in-url",
    severity: Severity::Error,
    summary: "a sensitive value becomes part of a URL, which servers and proxies log",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for request in model.requests() {
        for argument in request.arguments {
            let Slot::Parameter(place @ (Place::Path | Place::Query), name) = &argument.slot else { continue };
            for placed in request.expressions(argument) {
                // `sensitive-to-other-provider` reports a value that must not be sent to this provider at all.
                let found = model.sensitive.leaks(&placed).into_iter().find(|leak| !is_of_another(leak.of, request.resolution));
                diagnostics.extend(found.map(|leak| {
                    Diagnostic::new(
                        &CODE,
                        leak.span,
                        format!("{} is sensitive and becomes part of a URL", leak.words),
                    )
                    .with_label(format!("`{name}` is a {} parameter", place.as_str()))
                    .with_related(leak.source, leak.of.reason.clone())
                    .with_help("servers and proxies log URLs; send it in the body or in a header, or send an \
                                id instead")
                }));
            }
        }
    }
    diagnostics
}
