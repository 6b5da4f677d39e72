//! Credentials that are sent to another machine without encryption.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Edit, Fix, Severity, Span};
use naftiko_syntax::Node;
use url::{Host, Url};

use super::invalid_url::read;
use crate::codes::invalid_url::Address;

pub(crate) static CODE: Code = Code {
    id: "credentials-in-clear",
    severity: Severity::Warning,
    summary: "credentials are sent to another machine without encryption",
};

/// Reports an `http://` address of another machine. `scheme` is the place that makes requests carry credentials.
pub(crate) fn find(address: Address, node: &Node, scheme: Span) -> Option<Diagnostic> {
    let url = read(node.as_str()?)?;
    if url.scheme() != "http" || is_own_machine(&url) {
        return None;
    }
    let message = format!("credentials are sent to `{}` without encryption", url.host_str().unwrap_or_default());
    let start = naftiko_spec::locate(node, 0.."http".len());
    Some(
        Diagnostic::new(&CODE, node.span, message)
            .with_label("they can be read on the network")
            .with_related(scheme, "this setting sends credentials")
            .with_help(format!("write `{}: https://…`", address.key))
            .with_fix(Fix {
                title: "use `https`".to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![Edit::new(start, "https")],
            }),
    )
}

/// Whether the host is this machine: `localhost`, a name that ends in `.localhost`, or a loopback address.
fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
