//! A document of another kind than the one that is needed there.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Kind;
use naftiko_syntax::Node;

pub(crate) static CODE: Code = Code {
    id: "wrong-document",
    severity: Severity::Error,
    summary: "a document is of another kind than the one that is needed",
};

pub(crate) fn report(root: &Node, found: Kind) -> Diagnostic {
    let span = root.get("specification").map_or(root.span, |node| node.span);
    let needed = Kind::Capabilities.specification();
    Diagnostic::new(&CODE, span, format!("expected `{needed}`, found `{}`", found.specification()))
        .with_help("a composition finds its operations through a capabilities document")
}
