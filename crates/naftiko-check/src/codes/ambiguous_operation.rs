//! An `operationId` that several descriptions of one provider have.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_openapi::Entry;
use naftiko_spec::Edition;

pub(crate) static CODE: Code = Code {
    id: "ambiguous-operation",
    severity: Severity::Warning,
    summary: "several OpenAPI descriptions of a provider have the same `operationId`; the first one is used",
};

/// `sought` is the id, `first` the operation that it resolves to, and `others` the further operations with this id.
pub(crate) fn report(
    place: Span,
    name: &str,
    sought: &str,
    first: &Entry,
    others: &[&Entry],
    edition: Edition,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        &CODE,
        place,
        format!("`{sought}` is an operation in {} OpenAPI descriptions", others.len() + 1),
    )
    .with_related(first.span, format!("{}: this one is used", route(first)));
    let diagnostic = others.iter().fold(diagnostic, |diagnostic, other| {
        diagnostic.with_related(other.span, format!("{}: this one is ignored", route(other)))
    });
    let is_same = others.iter().all(|other| route(other) == route(first));
    diagnostic.with_help(match edition {
        _ if is_same => "both describe the same operation: remove it from one description".to_owned(),
        Edition::V0_2 => {
            let method = first.method.as_str().to_ascii_lowercase();
            format!("select one under `operations`: `{name}: {{method: {method}, path: '{}'}}`", first.path)
        }
        Edition::V0_1 => "edition 0.2 can select one under `operations`, by `method` and `path`".to_owned(),
    })
}

fn route(entry: &Entry) -> String {
    format!("{} {}", entry.method.as_str(), entry.path)
}
