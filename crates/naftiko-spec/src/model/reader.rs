//! Reads a mapping key by key, and says what is left over.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Diagnostic, Span, Spanned, nearest};
use naftiko_syntax::{Entry, Mapping, Node, Value};

use crate::codes::{IGNORED_KEY, UNKNOWN_KEY, UNSUPPORTED_KEY};
use crate::{Edition, Header, schema};

/// Keys of edition 0.2 that LANGUAGE defines and this version cannot run yet, by the type they belong to.
const NOT_YET: &[(&str, &[&str])] = &[
    (
        "Step",
        &[
            "when",
            "forEach",
            "concurrency",
            "retry",
            "timeout",
            "expect",
            "onFailure",
            "compensate",
            "onDoubt",
            "composition",
        ],
    ),
    ("ExternalDetails", &["timeout", "to", "subject", "template", "url", "command"]),
    ("Poll", &["failWhen"]),
    ("OperationDetails", &["retry", "rateLimit", "sensitive"]),
    (
        "Auth",
        &["in", "name", "grant", "tokenUrl", "clientIdEnv", "clientSecretEnv", "scopes", "audience", "file"],
    ),
];

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
        let planned = not_yet(definition);
        if planned.contains(&key) && self.edition() == Edition::V0_2 {
            return Diagnostic::new(&UNSUPPORTED_KEY, span, format!("`{key}` cannot be run yet"))
                .with_help("it is part of edition 0.2, and this version refuses it rather than ignore it");
        }
        let near = nearest(key, known.iter().chain(planned).copied());
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

/// The keys of a type that are part of the language and not of this version.
pub(super) fn not_yet(definition: Option<&str>) -> &'static [&'static str] {
    NOT_YET.iter().find(|(name, _)| Some(*name) == definition).map_or(&[], |(_, keys)| keys)
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
