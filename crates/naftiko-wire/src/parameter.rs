//! Code that the parameter styles share: pairs of a name and the texts of a value.

use naftiko_adapter::{Operation, Parameter, Style};
use serde_json::Value;

use crate::expected::Expected;
use crate::flat::{Flat, empty, text};
use crate::media;
use crate::percent::encoded;
use crate::refusal::Problem;

/// The most keys of a name in the style `deepObject`: `a[b][c]` has two.
pub(crate) const MOST_KEYS: usize = 64;

/// A name and its value, both not yet encoded. The value is the texts joined by the separator.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) texts: Vec<String>,
    pub(crate) separator: &'static str,
    /// Whether the texts are the items of a list or an object, even if there is only one.
    pub(crate) is_joined: bool,
}

impl Pair {
    fn one(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), texts: vec![text.into()], separator: ",", is_joined: false }
    }
}

/// The pairs of a parameter in a style that writes names: `form`, `matrix`, `cookie`, `spaceDelimited`, `pipeDelimited`
/// and `deepObject`.
///
/// The delimited styles are defined only for lists and objects that are not exploded. Readers treat any other value in
/// them like `form`, and so does this function. `schema` describes the parameter, or the property that is written like
/// one.
pub(crate) fn pairs(
    operation: &Operation,
    parameter: &Parameter,
    schema: &Value,
    value: &Value,
) -> Result<Vec<Pair>, Problem> {
    let name = &parameter.name;
    if let Some(content_type) = &parameter.content_type {
        return Ok(vec![Pair::one(name, content(parameter, content_type, value)?)]);
    }
    if parameter.style == Style::DeepObject {
        let mut pairs = Vec::new();
        deep(name, name.clone(), 0, value, &mut pairs)?;
        return Ok(pairs);
    }
    let flat = Flat::of(name, value)?;
    match flat {
        Flat::List(items) if parameter.explode => {
            Ok(items.into_iter().map(|item| Pair::one(name, item)).collect())
        }
        Flat::Map(entries) if parameter.explode => {
            let arrives = |key: &str| key != name || Expected::of(operation, schema).has_own_name(name);
            let pair = |(key, item): (String, String)| match key.as_str() {
                "" => Err(nameless(name)),
                key if !arrives(key) => Err(taken(name, "the parameter itself").within(key)),
                _ => Ok(Pair::one(key, item)),
            };
            entries.into_iter().map(pair).collect()
        }
        flat => joined(parameter, &flat).map(|pair| vec![pair]),
    }
}

/// One pair for the whole value; rejects an item that contains the separator.
fn joined(parameter: &Parameter, flat: &Flat) -> Result<Pair, Problem> {
    let name = &parameter.name;
    let separator = separator(parameter.style);
    // A comma is encoded inside an item but not between items. Other separators are encoded in both places.
    let held = flat.texts().into_iter().find(|(_, text)| separator != "," && text.contains(separator));
    if let Some((token, _)) = held.filter(|_| !flat.is_one()) {
        return Err(separates(name, separator).within(token));
    }
    let texts = flat.texts().into_iter().map(|(_, text)| text.to_owned()).collect();
    Ok(Pair { name: name.clone(), texts, separator, is_joined: !flat.is_one() })
}

/// The separator of the items of a list or an object that is written as one text.
pub(crate) fn separator(style: Style) -> &'static str {
    match style {
        Style::SpaceDelimited => " ",
        Style::PipeDelimited => "|",
        Style::TabDelimited => "\t",
        _ => ",",
    }
}

/// A separator in the form in which a URL contains it.
pub(crate) fn encoded_separator(separator: &str) -> String {
    if matches!(separator, "," | ".") { separator.to_owned() } else { encoded(separator, "") }
}

/// Adds the pairs of the style `deepObject`: `a[b][0][c]=…`, as Stripe documents it. `path` has `keys` keys so far, at
/// most [`MOST_KEYS`].
fn deep(name: &str, path: String, keys: usize, value: &Value, pairs: &mut Vec<Pair>) -> Result<(), Problem> {
    match value {
        Value::Array(_) | Value::Object(_) if keys >= MOST_KEYS => {
            let message = format!("the lists and objects in `{name}` are more than {MOST_KEYS} deep");
            Err(Problem::new(message))
        }
        Value::Array(items) if items.is_empty() => Err(empty_within(name, &path)),
        Value::Object(entries) if entries.is_empty() => Err(empty_within(name, &path)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            deep(name, format!("{path}[{at}]"), keys + 1, item, pairs).map_err(|problem| problem.within(at))
        }),
        Value::Object(entries) => entries.iter().try_for_each(|(key, entry)| {
            if key.is_empty() {
                return Err(nameless(name).within(key));
            }
            if key.contains(['[', ']']) {
                let message = format!("a key in `{name}` has a bracket, which separates keys");
                return Err(Problem::new(message).within(key));
            }
            deep(name, format!("{path}[{key}]"), keys + 1, entry, pairs)
                .map_err(|problem| problem.within(key))
        }),
        scalar => {
            pairs.push(Pair::one(path, text(name, scalar)?));
            Ok(())
        }
    }
}

/// The problem of an empty list or object, which may be nested inside the value.
fn empty_within(name: &str, path: &str) -> Problem {
    if path == name {
        return empty(name);
    }
    Problem::new(format!("`{name}` contains an empty list or object, which cannot be serialized"))
}

/// A value that is written as a whole in a media type.
pub(crate) fn content(parameter: &Parameter, content_type: &str, value: &Value) -> Result<String, Problem> {
    let name = &parameter.name;
    let written = media::write(name, content_type, value, false)?;
    String::from_utf8(written.bytes).map_err(|_| Problem::new(format!("`{name}` is not text")))
}

/// The problem of an entry of an exploded object that would arrive as something else.
pub(crate) fn taken(name: &str, other: &str) -> Problem {
    Problem::new(format!("an entry of `{name}` has the name of {other}, and would arrive as that"))
}

fn nameless(name: &str) -> Problem {
    Problem::new(format!("an entry of `{name}` has no name"))
}

/// The problem of an item that would arrive as two items.
pub(crate) fn separates(name: &str, separator: &str) -> Problem {
    let shown = if separator == "\t" { "tab" } else { separator };
    Problem::new(format!("an item of `{name}` has a `{shown}`, which separates items"))
}

/// The problem of a style that the standard does not define for a place.
pub(crate) fn no_meaning(parameter: &Parameter, with: &str) -> Problem {
    let style = match parameter.style {
        Style::Matrix => "matrix",
        Style::Label => "label",
        Style::Simple => "simple",
        Style::Form => "form",
        Style::Cookie => "cookie",
        Style::SpaceDelimited => "spaceDelimited",
        Style::PipeDelimited => "pipeDelimited",
        Style::DeepObject => "deepObject",
        Style::TabDelimited => "tsv",
        Style::Querystring => "querystring",
    };
    Problem::new(format!("the style `{style}` of `{}` is not defined {with}", parameter.name))
}
