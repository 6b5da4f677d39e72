//! The tree of a description, and the resolution of its `$ref`s.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_syntax::{Node, Value};
use percent_encoding::percent_decode_str;

use crate::Version;

pub(crate) static MALFORMED_DESCRIPTION: Code = Code {
    id: "malformed-description",
    severity: Severity::Warning,
    summary: "a part of an OpenAPI description violates the standard and is left out",
};

pub(crate) static UNSUPPORTED_DESCRIPTION: Code = Code {
    id: "unsupported-description",
    severity: Severity::Warning,
    summary: "a part of an OpenAPI description is valid but not supported",
};

pub(crate) static DANGLING_REFERENCE: Code = Code {
    id: "dangling-reference",
    severity: Severity::Warning,
    summary: "a `$ref` of an OpenAPI description does not resolve",
};

pub(crate) static EXTERNAL_REFERENCE: Code = Code {
    id: "external-reference",
    severity: Severity::Warning,
    summary: "a `$ref` of an OpenAPI description leads to another document, which is not read",
};

pub(crate) static CIRCULAR_REFERENCE: Code = Code {
    id: "circular-reference",
    severity: Severity::Warning,
    summary: "a `$ref` of an OpenAPI description leads only to itself",
};

/// The maximum length of a chain of `$ref`s; longer chains count as cycles.
const LONGEST_CHAIN: usize = 32;

/// How many schemas with an `$id` are looked at to find the one around a place.
const MOST_RESOURCES: usize = 1_000;

/// A description.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    pub(crate) version: Version,
    names: OnceLock<Names>,
}

/// The names that schemas give themselves, each with the JSON pointer of its schema.
#[derive(Debug, Default)]
struct Names {
    /// `$anchor`.
    anchors: BTreeMap<String, String>,
    /// `$id`.
    ids: BTreeMap<String, String>,
    /// The span and the JSON pointer of each schema with an `$id`.
    resources: Vec<(Span, String)>,
}

/// The target of a `$ref`.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// The JSON pointer of the node, independent of the notation of the reference.
    pub(crate) pointer: String,
    pub(crate) node: &'a Node,
}

impl Document {
    pub(crate) fn new(root: Node, version: Version) -> Self {
        Self { root, version, names: OnceLock::new() }
    }

    /// The `$ref` of `node`, if it has one.
    pub(crate) fn reference(node: &Node) -> Option<(&str, Span)> {
        let reference = node.get("$ref")?;
        Some((reference.as_str()?, reference.span))
    }

    /// Resolves a reference by one step.
    pub(crate) fn target(&self, reference: &str, span: Span) -> Result<Target<'_>, Box<Diagnostic>> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let own = self.root.get("$self").and_then(Node::as_str);
        let resource = if uri.is_empty() || own == Some(uri) { Some("") } else { self.identified(uri) };
        let Some(resource) = resource else {
            let message = format!("`{reference}` is in another document; every value is accepted");
            let help = "relative references to files below the folder of the description are followed; others are not";
            return Err(Box::new(Diagnostic::new(&EXTERNAL_REFERENCE, span, message).with_help(help)));
        };
        let fragment = percent_decoded(fragment);
        let is_pointer = fragment.is_empty() || fragment.starts_with('/');
        let pointer = if is_pointer {
            Some(format!("{resource}{fragment}"))
        } else {
            self.names().anchors.get(&fragment).cloned()
        };
        let at = |pointer: String| Some((self.root.pointer(&pointer)?, pointer));
        let found = pointer.and_then(at).filter(|_| !reference.trim_end_matches('#').is_empty());
        // Within a schema that has an `$id`, a fragment alone is one of that schema; some mean the description all the same.
        let found = found.or_else(|| {
            let inside = self.enclosing(span).filter(|_| uri.is_empty() && is_pointer);
            at(format!("{}{fragment}", inside.unwrap_or_default()))
        });
        let Some((node, pointer)) = found else {
            let message = format!("`{reference}` is not in this document; every value is accepted");
            return Err(Box::new(Diagnostic::new(&DANGLING_REFERENCE, span, message)));
        };
        Ok(Target { pointer, node })
    }

    /// Resolves `node`: itself, or the final target of its `$ref`.
    pub(crate) fn follow<'a>(&'a self, node: &'a Node) -> Result<Target<'a>, Box<Diagnostic>> {
        self.follow_from(Target { pointer: String::new(), node })
    }

    /// Like [`follow`](Self::follow), with a correct pointer.
    pub(crate) fn follow_from<'a>(&'a self, start: Target<'a>) -> Result<Target<'a>, Box<Diagnostic>> {
        let mut target = start;
        for _ in 0..LONGEST_CHAIN {
            match Self::reference(target.node) {
                None => return Ok(target),
                Some((reference, span)) => target = self.target(reference, span)?,
            }
        }
        match Self::reference(target.node) {
            None => Ok(target),
            Some((reference, span)) => Err(Box::new(circular(reference, span))),
        }
    }

    /// The pointer of the schema with this `$id`, as written or relative to the URI of the description.
    fn identified(&self, uri: &str) -> Option<&str> {
        let ids = &self.names().ids;
        let own = self.root.get("$self").and_then(Node::as_str);
        let relative = || ids.get(uri.strip_prefix(own?.rsplit_once('/')?.0)?.strip_prefix('/')?);
        ids.get(uri).or_else(relative).map(String::as_str)
    }

    /// The pointer of the innermost schema with an `$id` around a place.
    fn enclosing(&self, place: Span) -> Option<&str> {
        let holds = |around: &Span| {
            let (around_range, range) = (around.range(), place.range());
            around.file == place.file && around_range.start <= range.start && range.end <= around_range.end
        };
        let around = self.names().resources.iter().filter(|(span, _)| holds(span));
        around.min_by_key(|(span, _)| span.range().len()).map(|(_, pointer)| pointer.as_str())
    }

    /// The names that schemas give themselves.
    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            collect_names(&self.root, &mut String::new(), &mut names);
            names
        })
    }
}

/// The diagnostic for a part that violates the standard.
pub(crate) fn malformed(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&MALFORMED_DESCRIPTION, span, message)
}

/// The diagnostic for a reference that leads back to itself.
pub(crate) fn circular(reference: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&CIRCULAR_REFERENCE, span, format!("`{reference}` leads back to itself"))
}

/// A key as a token of a JSON pointer.
pub(crate) fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Collects names in document order; the first of equal names counts. Examples and values may contain these keys too,
/// but a name in them is used only if a reference names it.
fn collect_names(node: &Node, pointer: &mut String, names: &mut Names) {
    let length = pointer.len();
    let mut visit = |key: &str, child: &Node| {
        pointer.push('/');
        pointer.push_str(&token(key));
        collect_names(child, pointer, names);
        pointer.truncate(length);
    };
    match &node.value {
        Value::Mapping(mapping) => mapping.iter().for_each(|(key, entry)| visit(key, &entry.value)),
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(at, item)| visit(&at.to_string(), item));
        }
        _ => return,
    }
    for key in ["$anchor", "$dynamicAnchor"] {
        if let Some(name) = node.get(key).and_then(Node::as_str) {
            names.anchors.entry(name.to_owned()).or_insert_with(|| pointer.clone());
        }
    }
    if let Some(id) = node.get("$id").and_then(Node::as_str) {
        let id = id.strip_suffix('#').unwrap_or(id);
        names.ids.entry(id.to_owned()).or_insert_with(|| pointer.clone());
        if names.resources.len() < MOST_RESOURCES {
            names.resources.push((node.span, pointer.clone()));
        }
    }
}

/// A text without percent-encoding. A `%` that begins no code stays as it is, and so does a text that would not be UTF-8.
pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
