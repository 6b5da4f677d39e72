//! Reads a mapping key by key, and says what is left over.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use naftiko_diagnostics::{Diagnostic, Span, Spanned, nearest};
use naftiko_syntax::{Entry, Mapping, Node, Value};

use crate::codes::{IGNORED_KEY, INVALID_DURATION, UNKNOWN_KEY};
use crate::{Edition, Header, parse_duration, schema};

/// What the documents of one kind and edition know.
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

    /// The keys of a type; of the document itself for nothing.
    pub(super) fn of(self, definition: Option<&str>) -> BTreeSet<&'static str> {
        schema::of(self.header).keys(definition)
    }

    /// Says what every unknown key of `node` could be. `what` is the object in words: `a step`.
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

    /// The entries whose keys mean nothing here; `x-…` is free everywhere.
    pub(super) fn unknown<'a>(self, node: &'a Node, definition: Option<&str>) -> Vec<(&'a str, &'a Entry)> {
        let known = self.of(definition);
        let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
        entries.filter(|(key, _)| !known.contains(key) && !key.starts_with("x-")).collect()
    }

    /// Whether a key of `node` is a misspelling of `keyword`, which is missing.
    pub(super) fn means(self, node: &Node, definition: Option<&str>, keyword: &str) -> bool {
        node.get(keyword).is_none()
            && self.unknown(node, definition).iter().any(|(key, _)| nearest(key, [keyword]).is_some())
    }

    pub(super) fn unknown_key(
        self,
        key: &str,
        span: Span,
        definition: Option<&str>,
        what: &str,
    ) -> Diagnostic {
        let known = self.of(definition);
        let near = nearest(key, known.iter().copied());
        let code =
            if near.is_none() && self.edition() == Edition::V0_1 { &IGNORED_KEY } else { &UNKNOWN_KEY };
        let message = match code.id {
            "ignored-key" => format!("`{key}` means nothing in {what} of edition 0.1 and is ignored"),
            _ => format!("`{key}` is not a key of {what}"),
        };
        let diagnostic = Diagnostic::new(code, span, message);
        if let Some(near) = near {
            return diagnostic.with_suggestion(near);
        }
        let known: Vec<&str> = known.into_iter().collect();
        diagnostic.with_help(format!("{what} takes {}", known.join(", ")))
    }
}

/// The text of a key, if it is there and is one.
pub(super) fn text(node: &Node, key: &str) -> Option<Spanned<String>> {
    node.get(key)?.as_spanned_string()
}

/// The text of a key without its place.
pub(super) fn plain(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

/// The boolean of a key; `false` where there is none.
pub(super) fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool).unwrap_or_default()
}

/// The items of a list; none where there is no list.
pub(super) fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

/// The texts of a list, or the one text that stands in its place.
pub(super) fn texts(node: &Node, key: &str) -> Vec<Spanned<String>> {
    match node.get(key) {
        Some(one) if matches!(one.value, Value::String(_)) => one.as_spanned_string().into_iter().collect(),
        _ => items(node, key).iter().filter_map(Node::as_spanned_string).collect(),
    }
}

/// A duration and where it stands.
pub type Interval = Spanned<SignedDuration>;

/// The duration of a key; a text that is none is reported.
pub(super) fn interval(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Interval> {
    node.get(key).and_then(|value| duration(value, diagnostics))
}

/// The duration a text is; a text that is none is reported.
pub(super) fn duration(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Interval> {
    let text = node.as_str()?;
    let duration = parse_duration(text);
    if duration.is_none() {
        diagnostics.push(
            Diagnostic::new(&INVALID_DURATION, node.span, format!("`{text}` is not a duration"))
                .with_help("durations are written `500ms`, `30s`, `5m`, `2h`, `3d` or `PT5M`"),
        );
    }
    Some(Spanned::new(duration?, node.span))
}

/// The whole number of a key that is at least 1, if it is there and is one; the schema has said so if it is not.
pub(super) fn count(node: &Node, key: &str) -> Option<Spanned<u32>> {
    let value = node.get(key)?;
    let Value::Number(number) = &value.value else { return None };
    let count = number.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)?;
    Some(Spanned::new(count, value.span))
}

/// The number of a key, if it is there and is one.
pub(super) fn number(node: &Node, key: &str) -> Option<f64> {
    match &node.get(key)?.value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}
