//! A capability that no document has.

use std::rc::Rc;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned, nearest, some_of};

use crate::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "unknown-capability",
    severity: Severity::Error,
    summary: "a capability that no capabilities document has",
};

pub(crate) fn report(named: &Spanned<String>, providers: &[Rc<Provider>]) -> Diagnostic {
    let capabilities: Vec<_> = providers.iter().flat_map(|provider| &provider.capabilities.capabilities).collect();
    let names = capabilities.iter().map(|capability| capability.id.value.as_str());
    let diagnostic = Diagnostic::new(&CODE, named.span, format!("there is no capability `{}`", named.value));
    match nearest(&named.value, names.clone()) {
        Some(near) => {
            let place = capabilities.iter().find(|capability| capability.id.value == near);
            let diagnostic = diagnostic.with_suggestion(near);
            match place {
                Some(capability) => diagnostic.with_related(capability.id.span, format!("`{near}` is here")),
                None => diagnostic,
            }
        }
        None => {
            diagnostic.with_help(match some_of(names) {
                None => "the capabilities document has none".to_owned(),
                Some(names) => format!("there are {names}"),
            })
        }
    }
}
