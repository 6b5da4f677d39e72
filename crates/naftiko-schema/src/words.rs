//! Kinds of values, and how messages name them.

use std::fmt;

use serde_json::Value;

/// A type of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum Kind {
    Null,
    Boolean,
    Integer,
    /// A number that is not an integer.
    Number,
    String,
    Array,
    Object,
}

/// A set of types, as `type` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Types(u8);

impl Kind {
    pub(crate) const ALL: [Self; 7] =
        [Self::String, Self::Integer, Self::Number, Self::Boolean, Self::Array, Self::Object, Self::Null];

    /// The type of this name in JSON Schema.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// A value of this type, as messages call it.
    pub fn found(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "a boolean",
            Self::Integer | Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }

    /// The type, as messages ask for it.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }
}

impl Types {
    pub(crate) fn insert(&mut self, kind: Kind) {
        self.0 |= kind.bit();
    }

    /// Whether `type` lists this type by name.
    pub(crate) fn lists(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The types that both sets accept; an integer is a number.
    pub(crate) fn intersection(self, other: Self) -> Self {
        let mut both = Self::default();
        for kind in Kind::ALL {
            if (self.lists(kind) && other.contains(kind)) || (other.lists(kind) && self.contains(kind)) {
                both.insert(kind);
            }
        }
        both
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value of this type is one of them; every integer is a number.
    pub fn contains(self, kind: Kind) -> bool {
        self.lists(kind) || (kind == Kind::Integer && self.lists(Kind::Number))
    }

    /// The types in a fixed order, `null` last.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.lists(*kind))
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&type_phrase(self.iter()))
    }
}

/// Types as people say them: `a string or nothing`.
pub fn type_phrase(kinds: impl IntoIterator<Item = Kind>) -> String {
    let mut words: Vec<&str> = kinds.into_iter().map(Kind::expected).collect();
    words.dedup();
    words.join(" or ")
}

/// A text of a format, as people say it: `an e-mail address`.
pub fn of_format(name: &str) -> String {
    match name {
        "date" => "a date such as `2026-01-31`".to_owned(),
        "date-time" => "a date and time such as `2026-01-31T12:00:00Z`".to_owned(),
        "email" => "an e-mail address".to_owned(),
        "ipv4" => "an IPv4 address".to_owned(),
        "ipv6" => "an IPv6 address".to_owned(),
        "uri" => "a URI such as `https://acme.example`".to_owned(),
        "uuid" => "a UUID".to_owned(),
        other => format!("a text of the format `{}`", on_a_line(other, 40)),
    }
}

/// A count with its noun: `3 items`.
pub fn several(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Values as alternatives: the first few of them, and how many more there are.
pub(crate) fn one_of<'v>(values: impl ExactSizeIterator<Item = &'v Value>) -> String {
    const SHOWN: usize = 30;
    let more = values.len().saturating_sub(SHOWN);
    let quoted: Vec<String> =
        values.take(SHOWN).map(|value| format!("`{}`", on_a_line(&plain(value), 40))).collect();
    match (quoted.split_last(), more) {
        (None, _) => "nothing".to_owned(),
        (Some(_), 1..) => format!("{} or one of {more} more", quoted.join(", ")),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, rest)), 0) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Names in backticks, joined by commas; the first few of them.
pub(crate) fn names(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("`{}`", on_a_line(name, 80))).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A text on one line of a message, cut after so many characters.
pub fn on_a_line(text: &str, most: usize) -> String {
    // Only the beginning is looked at, since a text may be as long as an answer.
    let start: String = text.chars().take(4 * most).collect();
    let line = start.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().nth(most).is_none() {
        return line;
    }
    line.chars().take(most).chain(['…']).collect()
}

/// A JSON value as a person reads it: texts without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
