//! An argument whose value does not have the type that the operation takes.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, SourceMap, nearest};
use naftiko_expr::{Expression, Type};
use naftiko_spec::meant_boolean;
use serde_json::Value as Json;

use crate::ir::resource::values;
use crate::analyses::typed_value::{Parts, Written};

pub(crate) static CODE: Code = Code {
    id: "wrong-argument-type",
    severity: Severity::Error,
    summary: "an argument has the wrong type",
};

/// `name` names the value in the message; `expected` is the type that its place takes.
pub(crate) fn report(
    name: &str,
    expected: &Type,
    written: &Written<'_>,
    sources: &SourceMap,
) -> Diagnostic {
    let (span, found) = (written.span, &written.ty);
    let diagnostic = Diagnostic::new(&CODE, span, format!("`{name}` takes {expected}, found {found}"));
    if is_inexact(written, sources) {
        return diagnostic.with_help("the number cannot be represented in 64 bits or as a double, so it \
                                     cannot be sent");
    }
    if let Some((help, text)) = quotes(expected, written, sources) {
        let fix = Fix::replace(format!("replace it by `{text}`"), span, text.clone(), Applicability::Unsafe);
        return diagnostic.with_help(format!("{help}: `{text}`")).with_fix(fix);
    }
    if let Some(meant) = boolean(expected, written) {
        let fix = Fix::replace(format!("replace it by `{meant}`"), span, meant, Applicability::Unsafe);
        return diagnostic.with_help(format!("did you mean `{meant}`?")).with_fix(fix);
    }
    if let Some(meant) = reference(written) {
        let meant = format!("'${{{meant}}}'");
        let fix = Fix::replace(format!("replace it by {meant}"), span, meant.clone(), Applicability::Unsafe);
        return diagnostic.with_help(format!("did you mean {meant}?")).with_fix(fix);
    }
    let options = values(expected);
    // Only a literal text can be a misspelling: an expression has the value that it reads.
    let text = written.literal().and_then(Json::as_str);
    let near = text.and_then(|text| nearest(text, options.iter().map(String::as_str)));
    match near {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic,
    }
}

/// Whether a literal is an integer without quotes that neither 64 bits nor a double can represent exactly. The parser
/// reads such an integer as text.
pub(crate) fn is_inexact(written: &Written<'_>, sources: &SourceMap) -> bool {
    let Some(text) = written.literal().and_then(Json::as_str) else { return false };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_err()
        && text.parse::<u64>().is_err()
        && sources.text(written.span) == text
}

/// The boolean that the author probably meant by a word such as `yes`; `None` if no boolean is expected.
pub(crate) fn boolean(expected: &Type, written: &Written<'_>) -> Option<&'static str> {
    let meant = meant_boolean(written.literal()?.as_str()?)?;
    let takes_boolean = expected.accepts(&Type::Boolean) && !expected.accepts(&Type::string());
    takes_boolean.then_some(if meant { "true" } else { "false" })
}

/// The path that the author meant by `{inputs.name}`, which YAML reads as a mapping.
fn reference<'a>(written: &Written<'a>) -> Option<&'a str> {
    let Parts::Entries(entries) = &written.parts else { return None };
    let [(key, value)] = &**entries else { return None };
    value.literal().filter(|value| value.is_null())?;
    let path = Expression::parse(key).ok()?.references();
    let [path] = path.as_slice() else { return None };
    (!path.segments.is_empty()).then_some(key)
}

/// The help and the replacement text for a value that would fit with quotes around it, or without them.
fn quotes(
    expected: &Type,
    written: &Written<'_>,
    sources: &SourceMap,
) -> Option<(&'static str, String)> {
    let (help, other, text) = match written.literal()? {
        Json::String(text) => {
            let bare: Json = serde_json::from_str(text).ok().filter(|bare: &Json| bare.is_number() || bare.is_boolean())?;
            ("write it without quotes", bare, text.clone())
        }
        Json::Number(_) | Json::Bool(_) => {
            // The source text, because the value does not preserve its form: `0x10`, `1e3`, `True`.
            let text = sources.text(written.span);
            // Quotes do not change the type of a value that has a tag before it or quotes around it.
            let file = sources.file(written.span.file)?;
            let (before, _) = file.text().split_at_checked(written.span.range().start)?;
            let tagged = before.split_whitespace().next_back().is_some_and(|word| word.starts_with('!'));
            if tagged || text.starts_with(['\'', '"']) {
                return None;
            }
            ("write it in quotes", Json::String(text.to_owned()), format!("'{text}'"))
        }
        _ => return None,
    };
    expected.accepts(&Type::of_value(&other)).then_some((help, text))
}
