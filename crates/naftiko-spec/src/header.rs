//! The header of a document: its kind and edition.

use naftiko_diagnostics::{Diagnostic, Span, nearest, one_of};
use naftiko_syntax::{Node, Value};

use crate::codes::{UNKNOWN_DOCUMENT_KIND, UNKNOWN_EDITION, UNSUPPORTED_DOCUMENT_KIND};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A workflow of inputs, steps and outputs.
    Composition,
    /// The operations of a provider, in groups.
    Capabilities,
    /// Tests of a composition.
    Test,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Composition, Self::Capabilities, Self::Test];

    /// The value of `specification` in the header.
    pub fn specification(self) -> &'static str {
        match self {
            Self::Composition => "Naftiko Capability Composition",
            Self::Capabilities => "Naftiko Capabilities",
            Self::Test => "Naftiko Composition Test",
        }
    }

    /// The editions of this kind.
    pub(crate) fn editions(self) -> &'static [Edition] {
        match self {
            Self::Composition | Self::Capabilities => &[Edition::V0_1, Edition::V0_2],
            Self::Test => &[Edition::V0_2],
        }
    }
}

/// An edition of the language. All editions are supported at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// As published: data flow is inferred.
    V0_1,
    /// Executable: nothing is inferred.
    V0_2,
}

impl Edition {
    /// The value of `specificationVersion` in the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
            Self::V0_2 => "0.2",
        }
    }
}

/// The header of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The kind of document.
    pub kind: Kind,
    /// The edition of the document.
    pub edition: Edition,
}

impl Header {
    /// Reads the header of a document.
    ///
    /// # Errors
    /// The diagnostic that reports why the document cannot be read.
    pub fn read(root: &Node) -> Result<Self, Box<Diagnostic>> {
        let kind = kind(root)?;
        Ok(Self { kind, edition: edition(root, kind)? })
    }
}

fn kind(root: &Node) -> Result<Kind, Box<Diagnostic>> {
    let Some(node) = root.get("specification") else { return Err(Box::new(no_specification(root))) };
    let text = node.as_str().unwrap_or_default();
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.specification() == text) {
        return Ok(kind);
    }
    let names = Kind::ALL.map(Kind::specification);
    let mut diagnostic = Diagnostic::new(
        &UNKNOWN_DOCUMENT_KIND,
        node.span,
        match &node.value {
            Value::String(_) => format!("`{text}` is not a kind of document"),
            _ => format!("`specification` is {}, expected the name of a kind of document", node.kind()),
        },
    )
    .with_help(format!("write {}", one_of(names)));
    if let Some(near) = nearest(text, names) {
        diagnostic = diagnostic.with_suggestion(near);
    }
    Err(Box::new(diagnostic))
}

/// The diagnostic for a document without `specification`, which may be recognizable by another key.
fn no_specification(root: &Node) -> Diagnostic {
    for (key, name) in [
        ("arazzo", "an Arazzo description"),
        ("ikanos", "an Ikanos capability"),
        ("naftiko", "an Ikanos capability"),
    ] {
        if let Some(entry) = root.entry(key) {
            return Diagnostic::new(
                &UNSUPPORTED_DOCUMENT_KIND,
                entry.key_span,
                format!("{name} cannot be read yet"),
            )
            .with_help("compositions and capabilities documents can");
        }
    }
    if let Some(entry) = root.entry("openapi").or_else(|| root.entry("swagger")) {
        return Diagnostic::new(
            &UNKNOWN_DOCUMENT_KIND,
            entry.key_span,
            "this is an OpenAPI description, not a composition",
        )
        .with_help("give it with `--openapi`, beside a composition");
    }
    let start = match root.as_mapping().and_then(|mapping| mapping.iter().next()) {
        Some((_, entry)) => entry.key_span,
        None => Span { end: root.span.start, ..root.span },
    };
    let message = match root.as_mapping() {
        Some(_) => "the header is incomplete: `specification` is missing".to_owned(),
        None => format!("the document is {}, expected a mapping", root.kind()),
    };
    Diagnostic::new(&UNKNOWN_DOCUMENT_KIND, start, message)
        .with_help(format!("write `specification: {}` in a composition", Kind::Composition.specification()))
}

fn edition(root: &Node, kind: Kind) -> Result<Edition, Box<Diagnostic>> {
    let Some(node) = root.get("specificationVersion") else {
        let span = root.entry("specification").map_or(root.span, |entry| entry.key_span);
        return Err(Box::new(
            Diagnostic::new(
                &UNKNOWN_EDITION,
                span,
                "the edition is missing: there is no `specificationVersion`",
            )
            .with_help(match kind {
                Kind::Composition | Kind::Capabilities => "write `specificationVersion: '0.1'` or `'0.2'`",
                Kind::Test => "write `specificationVersion: '0.2'`",
            }),
        ));
    };
    let text = match &node.value {
        Value::String(text) => text.as_str().to_owned(),
        // The schema reports that `0.1` lacks quotes; the document is read anyway.
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let editions = kind.editions();
    editions.iter().copied().find(|edition| edition.as_str() == text).ok_or_else(|| {
        let what = match &node.value {
            Value::String(_) | Value::Number(_) => {
                format!("`{text}` is not an edition of `{}`", kind.specification())
            }
            _ => format!("`specificationVersion` is {}, expected an edition", node.kind()),
        };
        Box::new(Diagnostic::new(&UNKNOWN_EDITION, node.span, what).with_help(match editions {
            [only] => format!("there is one edition: `{}`", only.as_str()),
            several => format!("editions are {}", one_of(several.iter().map(|it| it.as_str()))),
        }))
    })
}
