//! A composition whose capabilities document cannot be found.

use std::path::Path;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_spec::Composition;

pub(crate) static CODE: Code = Code {
    id: "no-capabilities",
    severity: Severity::Error,
    summary: "the capabilities document of a composition cannot be found",
};

pub(crate) fn not_found(provider: &Spanned<String>) -> Diagnostic {
    let id = &provider.value;
    Diagnostic::new(&CODE, provider.span, format!("there is no capabilities document of `{id}`"))
        .with_label(format!("looked for `shared/{id}.yaml` beside the composition and above it"))
        .with_help("give it with `--capabilities FILE`")
}

pub(crate) fn not_there(composition: &Composition, given: &Path) -> Diagnostic {
    let span = composition.provider_id.as_ref().map_or(composition.header, |provider| provider.span);
    Diagnostic::new(&CODE, span, format!("there is no capabilities document at `{}`", given.display()))
        .with_help("`--capabilities` takes a file, or a folder with `<providerId>.yaml` in it")
}

pub(crate) fn no_provider(composition: &Composition) -> Diagnostic {
    Diagnostic::new(&CODE, composition.header, "the composition names no `providerId`")
        .with_help("name the provider whose capabilities it uses, or give them with `--capabilities FILE`")
}
