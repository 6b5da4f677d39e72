//! An argument whose value is not of the type the operation takes.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, SourceMap, Span, nearest};
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

pub(crate) fn report(
    parameter: &Parameter,
    found: &Type,
    span: Span,
    written: &Value,
    sources: &SourceMap,
) -> Diagnostic {
    let name = parameter.slot.name();
    let diagnostic =
        Diagnostic::new(&CODE, span, format!("`{name}` takes {}, found {found}", parameter.ty));
    if let Some(quotes) = quotes(parameter, written, sources) {
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
fn quotes(parameter: &Parameter, written: &Value, sources: &SourceMap) -> Option<(&'static str, String)> {
    let Value::Scalar { template: Template::Literal(value), node } = written else { return None };
    let (help, other, text) = match value {
        Json::String(text) => {
            let bare: Json = serde_json::from_str(text).ok().filter(|bare: &Json| bare.is_number() || bare.is_boolean())?;
            ("write it without quotes", bare, text.clone())
        }
        Json::Number(_) | Json::Bool(_) => {
            // As it was written, which the value no longer tells: `0x10`, `1e3`, `True`.
            let text = sources.text(node.span);
            // With a tag before it or quotes around it, other quotes change nothing.
            let (before, _) = sources.file(node.span.file)?.text().split_at_checked(node.span.range().start)?;
            let tagged = before.split_whitespace().next_back().is_some_and(|word| word.starts_with('!'));
            if tagged || text.starts_with(['\'', '"']) {
                return None;
            }
            ("write it in quotes", Json::String(text.to_owned()), format!("'{text}'"))
        }
        _ => return None,
    };
    parameter.ty.accepts(&Type::of_value(&other)).then_some((help, text))
}
