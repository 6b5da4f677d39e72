//! An argument whose value is not of the type the operation takes.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Span, nearest};
use naftiko_expr::{Template, Type};
use naftiko_spec::Value;
use serde_json::Value as Json;

use crate::resolve::Parameter;
use crate::resource::values;

pub(crate) static CODE: Code = Code {
    id: "wrong-argument-type",
    severity: Severity::Error,
    summary: "an argument is not of the type the operation takes",
};

pub(crate) fn report(parameter: &Parameter, found: &Type, span: Span, written: &Value) -> Diagnostic {
    let name = parameter.slot.name();
    let diagnostic =
        Diagnostic::new(&CODE, span, format!("`{name}` takes {}, found {found}", parameter.ty));
    if let Some(quotes) = quotes(parameter, written) {
        let (help, text) = quotes;
        let fix = Fix::replace(format!("replace it by `{text}`"), span, text.clone(), Applicability::Unsafe);
        return diagnostic.with_help(format!("{help}: `{text}`")).with_fix(fix);
    }
    let options = values(&parameter.ty);
    // Only a text that was written can be a slip for another: an expression means what it reads.
    let text = match written {
        Value::Scalar { template: Template::Literal(Json::String(text)), .. } => Some(text),
        _ => None,
    };
    let near = text.and_then(|text| nearest(text, options.iter().map(String::as_str)));
    match near {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic,
    }
}

/// A value that would fit with quotes around it, or without them, and how it is then written.
fn quotes(parameter: &Parameter, written: &Value) -> Option<(&'static str, String)> {
    let Value::Scalar { template: Template::Literal(value), .. } = written else { return None };
    let (help, other, text) = match value {
        Json::String(text) => {
            let bare: Json = serde_json::from_str(text).ok().filter(|bare: &Json| bare.is_number() || bare.is_boolean())?;
            ("write it without quotes", bare, text.clone())
        }
        Json::Number(_) | Json::Bool(_) => {
            ("write it in quotes", Json::String(value.to_string()), format!("'{value}'"))
        }
        _ => return None,
    };
    parameter.ty.accepts(&Type::of_value(&other)).then_some((help, text))
}
