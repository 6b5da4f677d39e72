//! Words for the errors of the `jsonschema` library about documents.

use std::collections::HashSet;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Error};
use naftiko_diagnostics::one_of;
use naftiko_schema::{canonical_text, of_format, on_a_line, plain, several};
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
            Error::Format { format } => of_format(format),
            Error::Enum { options } => one_of(options.as_array().into_iter().flatten().map(plain)),
            Error::Constant { expected_value } => format!("`{}`", plain(expected_value)),
            Error::Type { kind } => expected_type(kind),
            _ => return None,
        };
        let found = match (error.kind(), error.instance().as_ref()) {
            (Error::UniqueItems, Json::Array(items)) => twice(items),
            (Error::Type { .. }, value) => kind(value).to_owned(),
            (_, Json::Array(items)) => count(items.len(), "item"),
            (_, Json::Object(fields)) => count(fields.len(), "field"),
            (Error::MinLength { .. } | Error::MaxLength { .. }, Json::String(text)) => {
                count(text.chars().count(), "character")
            }
            (_, value) => format!("`{}`", on_a_line(&plain(value), 40)),
        };
        Some(Self { expected, found })
    }
}

fn count(length: usize, noun: &str) -> String {
    several(u64::try_from(length).unwrap_or(u64::MAX), noun)
}

/// The first item that occurs twice in a list.
fn twice(items: &[Json]) -> String {
    let mut seen = HashSet::new();
    let again = items.iter().find(|item| canonical_text(item).is_some_and(|text| !seen.insert(text)));
    let named = again.map(|item| format!("`{}`", on_a_line(&plain(item), 40)));
    format!("{} twice", named.as_deref().unwrap_or("an item"))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_that_occurs_twice_is_named_in_whatever_order_its_fields_are() {
        let found = |items: &str| {
            let list: Json = serde_json::from_str(items).expect("a list");
            let validator = jsonschema::validator_for(&json!({"uniqueItems": true})).expect("a schema");
            let error = validator.validate(&list).expect_err("an item is there twice");
            Demand::of(&error).expect("a demand").found
        };
        assert_eq!(found(r#"[{"a": 1, "b": 2}, {"b": 2, "a": 1}]"#), r#"`{"b":2,"a":1}` twice"#);
        assert_eq!(found("[1, 1.0]"), "`1.0` twice");
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(found(&format!("[{deep}, {deep}]")).ends_with(" twice"));
    }
}
