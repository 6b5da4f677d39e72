//! Two capabilities documents with one `providerId`.

use std::collections::BTreeMap;
use std::rc::Rc;

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::ir::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "duplicate-provider",
    severity: Severity::Error,
    summary: "two capabilities documents have the same `providerId`",
};

pub(crate) fn find(providers: &[Rc<Provider>]) -> Vec<Diagnostic> {
    let mut first = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for provider in providers {
        let place = provider.capabilities.provider_id.as_ref().map_or(provider.capabilities.header, |id| id.span);
        match first.get(provider.id.as_str()) {
            Some(span) => diagnostics.push(
                Diagnostic::new(&CODE, place, format!("`{}` already has a capabilities document", provider.id))
                    .with_related(*span, "the first one is here")
                    .with_help("use a different id for each provider, or merge the documents"),
            ),
            None => {
                first.insert(provider.id.as_str(), place);
            }
        }
    }
    diagnostics
}
