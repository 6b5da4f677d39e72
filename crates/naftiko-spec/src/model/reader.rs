//! Helpers for reading a mapping key by key, and for reporting unknown keys.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use naftiko_diagnostics::{Diagnostic, Span, Spanned, nearest};
use naftiko_syntax::{Entry, Mapping, Node, Value};

use crate::codes::{IGNORED_KEY, INVALID_DURATION, UNKNOWN_KEY};
use crate::duration::{DURATIONS, meant_duration};
use crate::{Edition, Header, parse_duration, schema};

/// The known keys of documents of one kind and edition.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    header: Header,
}

impl Keys {
    pub(super) fn new(header: Header) -> Self {
        Self { header }
    }

    /// The edition.
    pub(super) fn edition(self) -> Edition {
        self.header.edition
    }

    /// The keys of an object type; those of the document itself for `None`.
    pub(super) fn of(self, definition: Option<&str>) -> BTreeSet<&'static str> {
        schema::of(self.header).keys(definition)
    }

    /// Reports every unknown key of `node`, with a suggestion. `what` names the object: `a step`.
    pub(super) fn check(
        self,
        node: &Node,
        definition: Option<&str>,
        what: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (key, entry) in self.unknown(node, definition) {
            diagnostics.push(self.unknown_key(key, entry.key_span, definition, what));
        }
    }

    /// The entries with unknown keys; `x-…` is free everywhere.
    pub(super) fn unknown<'a>(self, node: &'a Node, definition: Option<&str>) -> Vec<(&'a str, &'a Entry)> {
        let known = self.of(definition);
        let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
        entries.filter(|(key, _)| !known.contains(key) && !key.starts_with("x-")).collect()
    }

    /// Whether `keyword` is missing in `node`, and another key is a misspelling of it.
    pub(super) fn means(self, node: &Node, definition: Option<&str>, keyword: &str) -> bool {
        node.get(keyword).is_none()
            && self.unknown(node, definition).iter().any(|(key, _)| {
                nearest(key, [keyword]).is_some()
                    || alias(definition, key) == Some(keyword)
                    || unabbreviated(key, self.of(definition).into_iter()) == Some(keyword)
            })
    }

    pub(super) fn unknown_key(
        self,
        key: &str,
        span: Span,
        definition: Option<&str>,
        what: &str,
    ) -> Diagnostic {
        let known = self.of(definition);
        let near = alias(definition, key)
            .filter(|meant| known.contains(meant))
            .or_else(|| nearest(key, known.iter().copied()))
            .or_else(|| unabbreviated(key, known.iter().copied()));
        let code =
            if near.is_none() && self.edition() == Edition::V0_1 { &IGNORED_KEY } else { &UNKNOWN_KEY };
        let message = match code.id {
            "ignored-key" => format!("`{key}` is not a key of {what} in edition 0.1 and is ignored"),
            _ => format!("`{key}` is not a key of {what}"),
        };
        let diagnostic = Diagnostic::new(code, span, message);
        if let Some(near) = near {
            return diagnostic.with_suggestion(near);
        }
        if let Some(help) = stranger(definition, key) {
            return diagnostic.with_help(help);
        }
        let known: Vec<&str> = known.into_iter().collect();
        diagnostic.with_help(format!("{what} takes {}", known.join(", ")))
    }
}

/// The only key that starts with the given text: `description` for `desc`.
pub(crate) fn unabbreviated<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let mut longer = known.filter(|known| key.len() > 2 && known.starts_with(key));
    longer.next().filter(|_| longer.next().is_none())
}

/// The key for a name from other tools.
fn alias(definition: Option<&str>, key: &str) -> Option<&'static str> {
    let meant = match (definition?, key) {
        ("Step", "if" | "condition") => "when",
        ("Step", "needs" | "after") => "dependsOn",
        ("Step", "loop" | "for" | "withItems") => "forEach",
        ("Step", "args" | "arguments" | "params" | "parameters") => "with",
        ("Step", "assert" | "assertions" | "successCriteria") | ("Test", "then") => "expect",
        ("Step", "rollback" | "undo") => "compensate",
        ("Test", "given") => "inputs",
        ("Expectation", "status" | "result") => "outcome",
        ("Expectation", "asserts" | "assertions") => "assert",
        ("Step", "pagination" | "paging" | "pages") => "paginate",
        ("PaginateDetails", "limit" | "maxItems" | "max_items" | "maximum") => "max",
        ("PaginateDetails", "next" | "nextCursor" | "next_cursor") => "cursor",
        ("PaginateDetails", "param" | "query") => "parameter",
        ("PaginateDetails", "data" | "path" | "list" | "results") => "items",
        ("Retry", "retries" | "times" | "maxAttempts" | "max_attempts") => "attempts",
        ("Poll", "interval" | "delay" | "frequency") => "every",
        _ => return None,
    };
    Some(meant)
}

/// Help for a key of other tools that has no counterpart here.
fn stranger(definition: Option<&str>, key: &str) -> Option<&'static str> {
    match (definition?, key) {
        ("Poll", "attempts" | "maxAttempts" | "max_attempts" | "retries") => Some(
            "a poll is limited by time, not by attempts: `timeout: 10m`, with `every: 30s` between attempts",
        ),
        ("Retry", "interval" | "delay") => Some("set the pause with `backoff: {initial: 1s}`"),
        _ => None,
    }
}

/// The text at a key; `None` if there is none.
pub(super) fn text(node: &Node, key: &str) -> Option<Spanned<String>> {
    node.get(key)?.as_spanned_string()
}

/// The text at a key, without its position.
pub(super) fn plain(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

/// The boolean at a key; `false` if there is none.
pub(super) fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(boolean).unwrap_or_default()
}

/// The boolean that a value is, or is meant to be: the wrong notation has its own diagnostic.
pub(super) fn boolean(node: &Node) -> Option<bool> {
    node.as_bool().or_else(|| meant_boolean(node.as_str()?))
}

/// The boolean that a text is meant to be.
pub fn meant_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "y" => Some(true),
        "no" | "off" | "false" | "n" => Some(false),
        _ => None,
    }
}

/// The items of the list at a key; empty if there is no list.
pub(super) fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

/// The texts of the list at a key, or a single text in place of a list.
pub(super) fn texts(node: &Node, key: &str) -> Vec<Spanned<String>> {
    match node.get(key) {
        Some(one) if matches!(one.value, Value::String(_)) => one.as_spanned_string().into_iter().collect(),
        _ => items(node, key).iter().filter_map(Node::as_spanned_string).collect(),
    }
}

/// A duration with its position.
pub type Interval = Spanned<SignedDuration>;

/// The duration at a key; a malformed text is reported.
pub(super) fn interval(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Interval> {
    node.get(key).and_then(|value| duration(value, diagnostics))
}

/// The duration in a text; a malformed text is reported.
pub(super) fn duration(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Interval> {
    let text = node.as_str()?;
    let duration = parse_duration(text);
    if duration.is_none() {
        let diagnostic = Diagnostic::new(&INVALID_DURATION, node.span, format!("`{text}` is not a duration"));
        diagnostics.push(match meant_duration(text) {
            Some(meant) => {
                let help = format!("did you mean `{meant}`? {DURATIONS}");
                diagnostic.with_suggestion(&meant).with_help(help)
            }
            None => diagnostic.with_help(DURATIONS),
        });
    }
    Some(Spanned::new(duration?, node.span))
}

/// The whole number at a key, at least 1; `None` otherwise, which the schema has reported.
pub(super) fn count(node: &Node, key: &str) -> Option<Spanned<u32>> {
    let value = node.get(key)?;
    let Value::Number(number) = &value.value else { return None };
    let count = number.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)?;
    Some(Spanned::new(count, value.span))
}

/// The whole number at a key; `None` if there is none.
pub(super) fn unsigned(node: &Node, key: &str) -> Option<u64> {
    match &node.get(key)?.value {
        Value::Number(number) => number.as_u64(),
        _ => None,
    }
}

/// The number at a key; `None` if there is none.
pub(super) fn number(node: &Node, key: &str) -> Option<f64> {
    match &node.get(key)?.value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}
