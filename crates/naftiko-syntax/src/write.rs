//! Writes values as YAML text that is read back as exactly these values.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use naftiko_diagnostics::SourceMap;
use naftiko_text::is_hidden;
use serde_json::Value as Json;

use crate::ambiguous;
use crate::reader::{Limits, parse};
use crate::tree::Value;

/// The quotes of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// No quotes, if that is read as the same text.
    Plain,
    /// `'…'`, if that can hold the text.
    Single,
    /// `"…"`, which can hold any text.
    Double,
}

/// The context of a scalar, which decides whether it can be written without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Whether it is inside brackets or braces.
    pub flow: bool,
    /// Whether it is a key.
    pub key: bool,
}

/// The characters that control or reorder a line, or are invisible, and that an author wrote without an escape.
///
/// A replacement of the author's text contains such a character unescaped only if the replaced text did: an escape that
/// shows it to a reader is never undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unescaped(BTreeSet<char>);

impl Unescaped {
    /// No such character: the text is new.
    pub(crate) const NONE: &Self = &Self(BTreeSet::new());

    /// The characters of the source text that is replaced.
    pub(crate) fn of(source: &str) -> Self {
        Self(source.chars().filter(|character| is_hidden(*character)).collect())
    }

    /// Whether a character may be written without an escape: it is visible, or YAML permits it and the author wrote it
    /// so.
    pub(crate) fn permits(&self, character: char) -> bool {
        !is_hidden(character) || (is_printable(character) && self.0.contains(&character))
    }

    /// Whether every character of a text may be written without an escape.
    pub(crate) fn permits_all_of(&self, text: &str) -> bool {
        text.chars().all(|character| self.permits(character))
    }
}

/// A new text as a scalar that is read as that text: in these quotes, or in the next kind that can hold it.
pub fn scalar(text: &str, quotes: Quotes, site: Site) -> String {
    replaced(text, quotes, site, Unescaped::NONE)
}

/// As [`scalar`], for a text that replaces one of the author.
pub(crate) fn replaced(text: &str, quotes: Quotes, site: Site, unescaped: &Unescaped) -> String {
    let is_permitted = unescaped.permits_all_of(text);
    match quotes {
        Quotes::Plain if is_permitted && stands_plain(text, site) => text.to_owned(),
        Quotes::Plain | Quotes::Single if is_permitted => format!("'{}'", single_quoted(text)),
        _ => format!("\"{}\"", double_quoted(text, unescaped)),
    }
}

/// A value on one line: lists in brackets, mappings in braces. `quotes` is the style of texts.
pub fn flow(value: &Json, quotes: Quotes) -> String {
    let site = |key| Site { flow: true, key };
    match value {
        Json::String(text) => scalar(text, quotes, site(false)),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, quotes)).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key, quotes, site(true)), flow(value, quotes)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether a text without quotes is read as itself, checked by reading it. False for a word that YAML 1.1 reads
/// differently.
pub(crate) fn stands_plain(text: &str, site: Site) -> bool {
    if text.is_empty() || !text.chars().all(is_printable) || ambiguous::is_ambiguous(text) {
        return false;
    }
    let probe = match site {
        Site { flow: false, key: false } => format!("key: {text}"),
        Site { flow: false, key: true } => format!("{text}: 0"),
        Site { flow: true, key: false } => format!("{{key: {text}}}"),
        Site { flow: true, key: true } => format!("{{{text}: 0}}"),
    };
    let file = SourceMap::new().add("", "");
    let parsed = parse(&probe, file, &Limits::default());
    let root = parsed.root.filter(|_| parsed.diagnostics.is_empty());
    let entries = root.as_ref().and_then(|root| root.as_mapping());
    let Some((key, entry)) =
        entries.filter(|entries| entries.len() == 1).and_then(|entries| entries.iter().next())
    else {
        return false;
    };
    match &entry.value.value {
        // A key that other readers read as a number or a boolean is quoted.
        Value::Number(_) if site.key => key == text && !is_other_scalar(text),
        Value::String(value) if !site.key => value.as_str() == text,
        _ => false,
    }
}

fn is_other_scalar(text: &str) -> bool {
    !matches!(crate::core_schema::plain(text), crate::core_schema::Plain::Text)
}

/// The content of a single-quoted scalar.
pub(crate) fn single_quoted(text: &str) -> String {
    text.replace('\'', "''")
}

/// The content of a double-quoted scalar.
pub(crate) fn double_quoted(text: &str, unescaped: &Unescaped) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            plain if unescaped.permits(plain) => out.push(plain),
            other => {
                let code = u32::from(other);
                let width = if code > 0xFFFF { 8 } else { 4 };
                let letter = if code > 0xFFFF { 'U' } else { 'u' };
                // Writing to a string cannot fail.
                let _infallible = write!(out, "\\{letter}{code:0width$x}");
            }
        }
    }
    out
}

/// Whether YAML permits a character without an escape, within a line.
fn is_printable(character: char) -> bool {
    let breaks_or_hides = matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
    !character.is_control() && !breaks_or_hides
}
