//! A path that leads out of the folder of the document that names it. Without this check, an untrusted document could
//! read any file of this machine.

use std::path::Path;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_text::shell_word;

pub(crate) static CODE: Code = Code {
    id: "outside-path",
    severity: Severity::Error,
    summary: "a document names a file outside its folder, which is not read",
};

/// `path` is the named file, as the operator would write it; `what` names the kind of file that was expected.
pub(crate) fn report(named: &Spanned<String>, path: &Path, what: &str) -> Diagnostic {
    outside(named, &named.value, path, what)
}

/// A document that was found by its name is a symbolic link that leads out of its folder.
pub(crate) fn found(name: &Spanned<String>, path: &Path, what: &str) -> Diagnostic {
    outside(name, &path.display().to_string(), path, what)
}

fn outside(place: &Spanned<String>, shown: &str, path: &Path, what: &str) -> Diagnostic {
    Diagnostic::new(&CODE, place.span, format!("`{shown}` leads out of the folder of the document"))
        .with_label(format!("this {what} is not read"))
        .with_help(format!("move it below that folder, or allow it with `--allow-file {}`", shell_word(path)))
}
