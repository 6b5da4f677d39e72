//! A file that a document or the operator names and that cannot be read.

use std::io;
use std::path::Path;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned};

pub(crate) static CODE: Code = Code {
    id: "missing-file",
    severity: Severity::Error,
    summary: "a file that a document names cannot be read",
};

/// A document names a file that cannot be read. `what` names the kind of file that was expected.
pub(crate) fn report(named: &Spanned<String>, path: &Path, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, named.span, format!("there is no {what} at `{}`", path.display()))
        .with_help("paths are relative to the document that names them")
}

/// The command line names an OpenAPI description that cannot be read.
pub(crate) fn given(header: Span, path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(&CODE, header, format!("the OpenAPI description `{}` cannot be read: {error}", path.display()))
}
