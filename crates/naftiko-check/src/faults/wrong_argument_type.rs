//! An argument whose value is not of the type the operation takes.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, nearest};
use naftiko_expr::Type;

use crate::resolve::Parameter;
use crate::resource::values;

pub(crate) static CODE: Code = Code {
    id: "wrong-argument-type",
    severity: Severity::Error,
    summary: "an argument is not of the type the operation takes",
};

pub(crate) fn report(parameter: &Parameter, found: &Type, span: Span) -> Diagnostic {
    let name = parameter.slot.name();
    let diagnostic =
        Diagnostic::new(&CODE, span, format!("`{name}` takes {}, found {found}", parameter.ty));
    let options = values(&parameter.ty);
    let near = values(found).first().and_then(|written| nearest(written, options.iter().map(String::as_str)).map(str::to_owned));
    match near {
        Some(near) => diagnostic.with_suggestion(&near),
        None => diagnostic,
    }
}
