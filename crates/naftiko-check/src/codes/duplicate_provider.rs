//! Two capabilities documents with one `providerId`.

use std::collections::BTreeMap;
use std::rc::Rc;

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::ir::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "duplicate-provider",
    severity: Severity::Error,
    summary: "two capabilities documents have one `providerId`, and each says where to send what",
};

pub(crate) fn find(providers: &[Rc<Provider>]) -> Vec<Diagnostic> {
    let mut first = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for provider in providers {
        let place = provider.capabilities.provider_id.as_ref().map_or(provider.capabilities.header, |id| id.span);
        match first.get(provider.id.as_str()) {
            Some(span) => diagnostics.push(
                Diagnostic::new(&CODE, place, format!("there is a capabilities document of `{}` already", provider.id))
                    .with_related(*span, "the first one is here")
                    .with_help("give each provider an id of its own, or put the capabilities into one document"),
            ),
            None => {
                first.insert(provider.id.as_str(), place);
            }
        }
    }
    diagnostics
}
