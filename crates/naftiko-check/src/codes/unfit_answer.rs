//! A response or an answer in a test that does not fit its schema.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned, nearest};
use serde_json::Value as Json;

use crate::codes::wrong_argument_type::boolean;
use crate::codes::schema_too_complex;
use crate::analyses::type_match::Misfit;
use crate::analyses::constraints::{Breach, Broken};
use crate::ir::resource::values;

pub(crate) static CODE: Code = Code {
    id: "unfit-answer",
    severity: Severity::Error,
    summary: "a response, seed or answer of a test does not fit its schema",
};

/// The help about a mocked response, which may deviate from its description.
pub(crate) const AS_IS: &str = "`asIs: true` beside it accepts it anyway";

/// A part of the value has the wrong type, is unknown or is missing. `whole` names the value as a whole; `otherwise` is
/// a further help.
pub(crate) fn misfit(misfit: &Misfit<'_>, whole: &str, otherwise: Option<&str>) -> Diagnostic {
    let called = |name: &str| if name.is_empty() { whole.to_owned() } else { name.to_owned() };
    let (message, near) = match misfit {
        Misfit::Type { name, expected, written } => {
            let options = values(expected);
            let text = written.literal().and_then(Json::as_str);
            let near = text.and_then(|text| nearest(text, options.iter().map(String::as_str)));
            let near = near.or_else(|| boolean(expected, written));
            let message = format!("`{}` is {expected}, found {}", called(name), written.ty);
            (message, near.map(str::to_owned))
        }
        Misfit::Unknown { owner, name, meant, .. } => {
            (format!("`{}` has no `{name}` in its schema", called(owner)), meant.clone())
        }
        Misfit::Missing(missing) => {
            let fields = missing.fields.iter().map(|(name, _)| format!("`{name}`"));
            let fields = fields.collect::<Vec<_>>().join(", ");
            (format!("`{}` lacks the required {fields}", called(&missing.owner)), None)
        }
    };
    let diagnostic = Diagnostic::new(&CODE, misfit.place(), message);
    match (near, otherwise) {
        (Some(near), None) => diagnostic.with_suggestion(&near),
        (Some(near), Some(otherwise)) => {
            let help = format!("did you mean `{near}`? {otherwise}");
            diagnostic.with_suggestion(&near).with_help(help)
        }
        (None, Some(otherwise)) => diagnostic.with_help(otherwise),
        (None, None) => diagnostic,
    }
}

/// A test seeds a resource through an operation whose response has no id, so the mock cannot look it up.
pub(crate) fn no_thing(operation: &Spanned<String>) -> Diagnostic {
    let message = format!("the response of `{}` has no id, so it has no seeds", operation.value);
    Diagnostic::new(&CODE, operation.span, message)
        .with_help("use an operation that returns or lists resources with ids, or script the response under \
                    `operations`")
}

/// A part of the value breaks a limit of its schema.
pub(crate) fn broken(broken: &Broken, whole: &str, otherwise: Option<&str>) -> Diagnostic {
    let name = if broken.name.is_empty() { whole } else { &broken.name };
    let message = match &broken.what {
        Breach::Demand { expected, found } => format!("`{name}` is {expected}, found {found}"),
        Breach::Missing(field) => format!("`{name}` lacks `{field}`, which its other fields require"),
        Breach::Excluded(field) => format!("`{name}` cannot have `{field}` together with its other fields"),
        Breach::Keyword(keyword) => format!("`{name}` violates `{keyword}` of its schema"),
        Breach::Undecided(_) | Breach::Exhausted => {
            format!("`{name}` is rejected: {}", schema_too_complex::reason(&broken.what))
        }
    };
    let diagnostic = Diagnostic::new(&CODE, broken.place, message);
    match otherwise {
        Some(otherwise) => diagnostic.with_help(otherwise),
        None => diagnostic,
    }
}
