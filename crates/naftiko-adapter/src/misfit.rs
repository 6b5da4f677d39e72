//! Why a value does not fit a JSON Schema, in words that never show the value: it may be a secret.

use std::borrow::Cow;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// What is wrong with the part of a value that an error speaks of, in one line: `expected a string, found a list`.
pub fn reason(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(name) => of_types([name.as_str()]),
                TypeKind::Multiple(names) => of_types(names.iter().map(JsonType::as_str).collect::<Vec<_>>()),
            };
            format!("expected {expected}, found {}", of_value(error.instance()))
        }
        ValidationErrorKind::Format { format } => format!("expected {}", of_format(format)),
        _ => {
            // The words of the library begin like a sentence.
            let words = error.masked().to_string();
            let mut characters = words.chars();
            let first = characters.next().into_iter().flat_map(char::to_lowercase);
            first.chain(characters).collect()
        }
    }
}

/// The types that a value may have, as people say them: `a string or nothing`.
fn of_types<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    let words = names.into_iter().map(|name| match name {
        "null" => "nothing",
        "boolean" => "`true` or `false`",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        "object" => "an object",
        other => other,
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// A text of a format, as people say it: `an e-mail address`.
fn of_format(name: &str) -> Cow<'static, str> {
    match name {
        "date" => "a date such as `2026-01-31`".into(),
        "date-time" => "a date and time such as `2026-01-31T12:00:00Z`".into(),
        "email" => "an e-mail address".into(),
        "ipv4" => "an IPv4 address".into(),
        "ipv6" => "an IPv6 address".into(),
        "uri" => "a URI such as `https://acme.example`".into(),
        "uuid" => "a UUID".into(),
        other => format!("a text of the format `{other}`").into(),
    }
}

/// What a value is, without showing it.
fn of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_reads_like_a_sentence() {
        assert_eq!(of_types(["string", "null"]), "a string or nothing");
        assert_eq!(of_types(["array"]), "a list");
        assert_eq!(of_format("email"), "an e-mail address");
        assert_eq!(of_format("hostname"), "a text of the format `hostname`");
        assert_eq!(of_value(&Value::Array(Vec::new())), "a list");
    }
}
