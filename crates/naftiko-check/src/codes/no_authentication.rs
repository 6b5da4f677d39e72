//! A capabilities document that does not say how to authenticate.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Capabilities;

pub(crate) static CODE: Code = Code {
    id: "no-authentication",
    severity: Severity::Warning,
    summary: "a capabilities document has no `auth`",
};

pub(crate) fn find(capabilities: &Capabilities) -> Option<Diagnostic> {
    capabilities.auth.is_none().then(|| {
        Diagnostic::new(&CODE, capabilities.header, "there is no `auth`: requests carry no credentials")
            .with_help("if this is intended, write `auth: {type: none}`")
    })
}
