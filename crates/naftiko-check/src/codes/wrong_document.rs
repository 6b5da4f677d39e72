//! A document of another kind than its place requires.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_spec::Kind;
use naftiko_syntax::Node;

pub(crate) static CODE: Code = Code {
    id: "wrong-document",
    severity: Severity::Error,
    summary: "a document is of the wrong kind",
};

/// The document should be run, but is not a composition; `runs` is the label that says what runs it.
pub(crate) fn not_a_composition(named: &Spanned<String>, root: &Node, found: Kind, runs: &str) -> Diagnostic {
    let what = root.get("specification").map_or(root.span, |node| node.span);
    Diagnostic::new(&CODE, named.span, format!("`{}` is not a composition", named.value))
        .with_label(runs)
        .with_related(what, format!("it is `{}`", found.specification()))
}

/// A composition names the document as its capabilities document, but it is of another kind.
pub(crate) fn report(root: &Node, found: Kind) -> Diagnostic {
    let span = root.get("specification").map_or(root.span, |node| node.span);
    let needed = Kind::Capabilities.specification();
    Diagnostic::new(&CODE, span, format!("expected `{needed}`, found `{}`", found.specification()))
        .with_help("a composition finds its operations through a capabilities document")
}

/// A test names the file as its inputs, but it is not a mapping.
pub(crate) fn no_inputs(named: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("`{}` is not a mapping of names to values", named.value))
        .with_help("a file of inputs is a mapping, `name: value`")
}
