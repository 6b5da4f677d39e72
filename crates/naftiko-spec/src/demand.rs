//! Words for the errors of the `jsonschema` library about documents.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Error};
use naftiko_diagnostics::one_of;
use serde_json::Value as Json;

/// The violation of a JSON Schema rule, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Demand {
    /// The expectation, worded to follow "expected" or "takes".
    pub(crate) expected: String,
    /// The actual value, worded to follow "found".
    pub(crate) found: String,
}

impl Demand {
    /// The rule that an error concerns; `None` for rules that have no wording here.
    pub(crate) fn of(error: &ValidationError<'_>) -> Option<Self> {
        let expected = match error.kind() {
            Error::Minimum { limit } => format!("at least {limit}"),
            Error::Maximum { limit } => format!("at most {limit}"),
            Error::ExclusiveMinimum { limit } => format!("more than {limit}"),
            Error::ExclusiveMaximum { limit } => format!("less than {limit}"),
            Error::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
            Error::MinLength { limit } => format!("at least {}", several(*limit, "character")),
            Error::MaxLength { limit } => format!("at most {}", several(*limit, "character")),
            Error::MinItems { limit } => format!("at least {}", several(*limit, "item")),
            Error::MaxItems { limit } => format!("at most {}", several(*limit, "item")),
            Error::MinProperties { limit } => format!("at least {}", several(*limit, "field")),
            Error::MaxProperties { limit } => format!("at most {}", several(*limit, "field")),
            Error::UniqueItems => "no item twice".to_owned(),
            Error::Pattern { pattern } => format!("a text that matches `{}`", on_a_line(pattern, 80)),
            Error::Format { format } => formatted(format),
            Error::Enum { options } => one_of(options.as_array().into_iter().flatten().map(plain)),
            Error::Constant { expected_value } => format!("`{}`", plain(expected_value)),
            Error::Type { kind } => expected_type(kind),
            _ => return None,
        };
        let found = match (error.kind(), error.instance().as_ref()) {
            (Error::UniqueItems, Json::Array(items)) => twice(items),
            (Error::Type { .. }, value) => kind(value).to_owned(),
            (_, Json::Array(items)) => several(items.len(), "item"),
            (_, Json::Object(fields)) => several(fields.len(), "field"),
            (Error::MinLength { .. } | Error::MaxLength { .. }, Json::String(text)) => {
                several(text.chars().count(), "character")
            }
            (_, value) => format!("`{}`", on_a_line(&plain(value), 40)),
        };
        Some(Self { expected, found })
    }
}

fn formatted(format: &str) -> String {
    match format {
        "date" => "a date such as `2026-01-31`".to_owned(),
        "date-time" => "a date and time such as `2026-01-31T12:00:00Z`".to_owned(),
        "email" => "an e-mail address".to_owned(),
        "ipv4" => "an IPv4 address".to_owned(),
        "ipv6" => "an IPv6 address".to_owned(),
        "uri" => "a URI such as `https://acme.example`".to_owned(),
        "uuid" => "a UUID".to_owned(),
        other => format!("a text of the format `{other}`"),
    }
}

/// The first item that occurs twice in a list.
fn twice(items: &[Json]) -> String {
    let again =
        items.iter().enumerate().find(|(at, item)| items.iter().take(*at).any(|other| other == *item));
    again.map_or_else(String::new, |(_, item)| format!("`{}` twice", on_a_line(&plain(item), 40)))
}

fn several(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into() {
        Ok(1) => format!("1 {noun}"),
        Ok(count) => format!("{count} {noun}s"),
        Err(_) => format!("many {noun}s"),
    }
}

/// A text on one line of a message, cut to `most` characters.
fn on_a_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most).chain(['…']).collect()
}

/// The types that a value may have, in words.
pub(crate) fn expected_type(kind: &TypeKind) -> String {
    let names: Vec<String> = match kind {
        TypeKind::Single(name) => vec![name.to_string()],
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect(),
    };
    phrase(names)
}

/// The names of JSON types in words, without `null`: an optional key may be empty, but that is not recommended.
pub(crate) fn phrase(names: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<&str> = names
        .into_iter()
        .filter_map(|name| match name.as_str() {
            "string" => Some("a string"),
            "integer" => Some("an integer"),
            "number" => Some("a number"),
            "boolean" => Some("`true` or `false`"),
            "array" => Some("a list"),
            "object" => Some("a mapping"),
            _ => None,
        })
        .collect();
    words.dedup();
    if words.is_empty() { "nothing".to_owned() } else { words.join(" or ") }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}

/// A JSON value for people: strings without quotes.
pub(crate) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
