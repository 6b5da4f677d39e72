//! A secret in a response without a declared lifetime.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Facts;

use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "standing-secret",
    severity: Severity::Warning,
    summary: "a secret in a response has no lifetime",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    model.calls().flat_map(|call| of(&call.resolution.facts)).collect()
}

/// Reports each path under `sensitive` of an operation that is missing under `expires`.
pub(crate) fn of(facts: &Facts) -> Vec<Diagnostic> {
    let ends: BTreeSet<&str> = facts.expires.iter().map(|(path, _)| path.expression.text()).collect();
    let standing = facts.sensitive.iter().filter(|path| !ends.contains(path.expression.text()));
    standing
        .map(|path| {
            Diagnostic::new(&CODE, path.span, "this secret has no declared lifetime")
                .with_label("sensitive, without `expires`")
                .with_help("declare its lifetime under `expires`, with the same path; replace a secret that \
                            never expires")
        })
        .collect()
}
