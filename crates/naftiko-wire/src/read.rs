//! Parses the parameters and the body of a request into values: the inverse of rendering.
//!
//! A text has no type, so the schema decides: `5` is a number if the schema expects a number. A text that does not fit
//! its schema remains a string; callers validate the result.

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Operation, Parameter, Style};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::expected::Expected;
use crate::media_type::is_form;
use crate::parameter::{encoded_separator, separator};

mod body;
mod deep;
mod parts;

pub use body::body;

/// The value of a path parameter; `raw` is its text in the path, still encoded. `None` if the text does not have the
/// form of the style.
pub fn path(operation: &Operation, parameter: &Parameter, raw: &str) -> Option<Value> {
    if let Some(content_type) = &parameter.content_type {
        return Some(of_type(content_type, &percent_decoded(raw)));
    }
    let expected = Expected::of(operation, &parameter.schema);
    match parameter.style {
        Style::Label => {
            let separator = if parameter.explode { "." } else { "," };
            Some(split(&expected, parameter.explode, raw.strip_prefix('.')?, separator, &percent_decoded))
        }
        Style::Matrix => {
            let pairs = raw.strip_prefix(';')?.split(';');
            let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let pairs: Vec<(String, String)> =
                pairs.map(|(name, value)| (percent_decoded(name), value.to_owned())).collect();
            named(parameter, &expected, &pairs, ",", &[], &percent_decoded)
        }
        style => {
            let separator = encoded_separator(separator(style));
            let raw = with_separator(raw, style);
            Some(split(&expected, parameter.explode, &raw, &separator, &percent_decoded))
        }
    }
}

/// Normalizes the separator of a style, which a client may send encoded or not.
fn with_separator(raw: &str, style: Style) -> String {
    match style {
        Style::SpaceDelimited => raw.replace('+', "%20"),
        Style::PipeDelimited => raw.replace('|', "%7C").replace("%7c", "%7C"),
        _ => raw.to_owned(),
    }
}

/// The names and values of a query or a form; the names are decoded, the values are not.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), value.to_owned())
        })
        .collect()
}

/// The value of a query parameter. `query` is the whole query, still encoded; `claimed` lists the names in it that
/// belong to other parameters.
///
/// # Errors
/// The reason why the query cannot be parsed, in one line.
pub fn query(
    operation: &Operation,
    parameter: &Parameter,
    query: &str,
    claimed: &[&str],
) -> Result<Option<Value>, String> {
    if parameter.style == Style::Querystring {
        let content_type = parameter.content_type.as_deref().unwrap_or_default();
        return match content_type.is_empty() || is_form(&essence(content_type)) {
            _ if query.is_empty() => Ok(None),
            true => body::form(operation, &parameter.schema, &parameter.encoding, query).map(Some),
            false => Ok(Some(of_type(content_type, &percent_decoded(query)))),
        };
    }
    of_pairs(operation, parameter, &parameter.schema, &pairs(query), claimed)
}

/// The value of a parameter, or of a property that is written like a query parameter; `schema` describes it.
fn of_pairs(
    operation: &Operation,
    parameter: &Parameter,
    schema: &Value,
    pairs: &[(String, String)],
    claimed: &[&str],
) -> Result<Option<Value>, String> {
    if let Some(content_type) = &parameter.content_type {
        let own = pairs.iter().find(|(name, _)| *name == parameter.name);
        return Ok(own.map(|(_, raw)| of_type(content_type, &decoded(raw))));
    }
    let expected = Expected::of(operation, schema);
    if parameter.style == Style::DeepObject {
        return deep::read(&parameter.name, &expected, pairs);
    }
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, raw)| (name.clone(), with_separator(raw, parameter.style))).collect();
    let separator = encoded_separator(separator(parameter.style));
    Ok(named(parameter, &expected, &pairs, &separator, claimed, &decoded))
}

/// The value of a header parameter.
pub fn header(operation: &Operation, parameter: &Parameter, text: &str) -> Value {
    if let Some(content_type) = &parameter.content_type {
        return of_type(content_type, text);
    }
    let expected = Expected::of(operation, &parameter.schema);
    split(&expected, parameter.explode, text, separator(parameter.style), &str::to_owned)
}

/// The pairs of a `Cookie` header.
pub fn cookies(header: &str) -> Vec<(String, String)> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The value of a cookie parameter.
pub fn cookie(operation: &Operation, parameter: &Parameter, cookies: &[(String, String)]) -> Option<Value> {
    if let Some(content_type) = &parameter.content_type {
        let (_, raw) = cookies.iter().find(|(name, _)| *name == parameter.name)?;
        return Some(of_type(content_type, &percent_decoded(raw)));
    }
    let expected = Expected::of(operation, &parameter.schema);
    if parameter.style == Style::Cookie {
        return named(parameter, &expected, cookies, ",", &[], &str::to_owned);
    }
    let cookies: Vec<(String, String)> =
        cookies.iter().map(|(name, value)| (percent_decoded(name), value.clone())).collect();
    named(parameter, &expected, &cookies, ",", &[], &percent_decoded)
}

/// A text in a media type of its own: parsed as JSON if the type is JSON, otherwise a string.
fn of_type(content_type: &str, text: &str) -> Value {
    let json = is_json(&essence(content_type)).then(|| serde_json::from_str(text).ok()).flatten();
    json.unwrap_or_else(|| Value::from(text))
}

/// A value from `name=value` pairs: one pair for the value, for each item, or for each entry.
fn named(
    parameter: &Parameter,
    expected: &Expected<'_>,
    pairs: &[(String, String)],
    separator: &str,
    claimed: &[&str],
    decode: &dyn Fn(&str) -> String,
) -> Option<Value> {
    let own: Vec<&str> =
        pairs.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str()).collect();
    if parameter.explode
        && let Some(items) = expected.items()
        && (own.len() > 1 || !expected.is_scalar())
    {
        let items: Vec<Value> = own.iter().map(|item| items.scalar(decode(item))).collect();
        return (!items.is_empty()).then_some(Value::Array(items));
    }
    if parameter.explode
        && (own.is_empty() || expected.has_own_name(&parameter.name))
        && let Some(object) = expected.object()
    {
        let is_own = |name: &str| object.is_named(name) || (object.is_open() && !claimed.contains(&name));
        let entries = pairs.iter().filter(|(name, _)| is_own(name));
        let entries = entries.map(|(name, value)| (name.clone(), object.entry(name).scalar(decode(value))));
        let entries: Map<String, Value> = entries.collect();
        return (!entries.is_empty()).then_some(Value::Object(entries));
    }
    Some(split(expected, false, own.first()?, separator, decode))
}

/// Splits a text at a separator into the items or entries of a value.
fn split(
    expected: &Expected<'_>,
    explode: bool,
    raw: &str,
    separator: &str,
    decode: &dyn Fn(&str) -> String,
) -> Value {
    let has_items = raw.contains(separator) || !expected.is_scalar();
    if let Some(items) = expected.items().filter(|_| has_items) {
        return raw.split(separator).map(|item| items.scalar(decode(item))).collect();
    }
    let Some(object) = expected.object().filter(|_| has_items) else { return expected.scalar(decode(raw)) };
    let texts: Vec<&str> = raw.split(separator).collect();
    let entries: Vec<(String, String)> = if explode {
        let pairs = texts.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.map(|(name, value)| (decode(name), decode(value))).collect()
    } else {
        let pairs = texts.chunks(2);
        pairs.filter_map(|pair| Some((decode(pair.first()?), decode(pair.get(1)?)))).collect()
    };
    let entries = entries.into_iter().map(|(name, text)| {
        let value = object.entry(&name).scalar(text);
        (name, value)
    });
    Value::Object(entries.collect())
}

/// Decodes a text of a query or a form: `+` is a space.
pub fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// Decodes percent-encoding; invalid UTF-8 is replaced.
pub fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
