//! Compositions.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Diagnostic, FileId, Span, Spanned, work};
use naftiko_syntax::{Node, Value as Tree};
use serde_json::{Map, Value as Json, json};

use super::reader::{Keys, flag, items, plain, text, texts};
use super::{Source, Step};
use crate::{Edition, Header, Kind, foreign_schema, validate};

/// A workflow of inputs, steps and outputs.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The file of the document.
    pub file: FileId,
    /// The edition.
    pub edition: Edition,
    /// The name.
    pub name: String,
    /// The provider whose capabilities it uses.
    pub provider_id: Option<Spanned<String>>,
    /// Whether the provider is under a misspelled key, which has a diagnostic.
    pub provider_is_unclear: bool,
    /// The paths of its capabilities documents.
    pub capabilities: Vec<Spanned<String>>,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// Whether all inputs are known: false if some could not be read.
    pub inputs_are_known: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The position that represents the whole document: the key of its header.
    pub header: Span,
}

/// An input of a run.
#[derive(Debug, Clone)]
pub struct Input {
    /// The name.
    pub name: Spanned<String>,
    /// The JSON Schema of its value.
    pub schema: Json,
    /// Whether a run without it is rejected.
    pub required: bool,
    /// Whether every run has it, as far as known: it is required or has a default, or one of the two could not be read,
    /// which has a diagnostic.
    pub is_always_given: bool,
    /// The default, and its position.
    pub default: Option<Spanned<Json>>,
    /// Whether it is never printed or stored unencrypted.
    pub sensitive: bool,
    /// The meaning of the input.
    pub description: Option<String>,
}

/// An output of a run.
#[derive(Debug, Clone)]
pub struct Output {
    /// The name.
    pub name: Spanned<String>,
    /// The expression for its value; `None` if it could not be read.
    pub source: Option<Source>,
    /// The declared type.
    pub declared: Option<Spanned<String>>,
    /// Whether it is never printed unredacted.
    pub sensitive: bool,
    /// The meaning of the output.
    pub description: Option<String>,
}

impl Composition {
    /// Lowers a composition. Malformed parts are reported and left out.
    pub fn lower(root: &Node, edition: Edition) -> (Self, Vec<Diagnostic>) {
        let header = Header { kind: Kind::Composition, edition };
        let keys = Keys::new(header);
        let mut diagnostics = validate::validate(root, header);
        keys.check(root, None, "a composition", &mut diagnostics);
        let reported: BTreeSet<Span> = diagnostics.iter().map(|found| found.primary.span).collect();
        let lower = |node: &Node| Input::lower(node, keys, &reported, &mut diagnostics);
        let inputs = lower_all(items(root, "inputs"), lower);
        let inputs_are_known = !keys.means(root, None, "inputs")
            && root.get("inputs").is_none_or(|node| matches!(node.value, Tree::Sequence(_) | Tree::Null))
            && inputs.len() == items(root, "inputs").len();
        let composition = Self {
            file: root.span.file,
            edition,
            name: plain(root, "name").unwrap_or_default(),
            provider_id: text(root, "providerId"),
            provider_is_unclear: keys.means(root, None, "providerId"),
            capabilities: texts(root, "capabilities"),
            inputs,
            inputs_are_known,
            steps: lower_all(items(root, "steps"), |node| Step::lower(node, keys, &mut diagnostics)),
            outputs: lower_all(items(root, "outputs"), |node| Output::lower(node, keys, &mut diagnostics)),
            header: root.entry("specification").map_or(root.span, |entry| entry.key_span),
        };
        (composition, diagnostics)
    }
}

fn lower_all<T>(nodes: &[Node], lower: impl FnMut(&Node) -> Option<T>) -> Vec<T> {
    nodes.iter().filter_map(lower).collect()
}

impl Input {
    /// Lowers one input; `reported` are the places of earlier findings.
    fn lower(
        node: &Node,
        keys: Keys,
        reported: &BTreeSet<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        work::add(1);
        keys.check(node, Some("Input"), "an input", diagnostics);
        let v0_2 = keys.edition() == Edition::V0_2;
        let default = node.get("default").filter(|_| v0_2);
        let schema = input_schema(node, v0_2);
        // A wrong type name has its own diagnostic.
        if !node.get("type").is_some_and(|ty| reported.contains(&ty.span)) {
            let invalid = foreign_schema::invalid_schema(&schema, node);
            let options = node.get("enum").filter(|_| v0_2 && invalid.is_none());
            let options =
                options.map(|options| validate::unfit_options(&schema, options)).unwrap_or_default();
            // The default is checked only against options that are valid themselves.
            let sound = invalid.is_none() && options.is_empty();
            let unfit =
                default.filter(|_| sound).and_then(|default| validate::unfit_default(&schema, default));
            diagnostics.extend(invalid.into_iter().chain(options).chain(unfit));
        }
        let required = flag(node, "required");
        let unclear = node.get("required").is_some_and(|value| value.as_bool().is_none())
            || keys.means(node, Some("Input"), "required")
            || (v0_2 && keys.means(node, Some("Input"), "default"));
        Some(Self {
            name: text(node, "name")?,
            schema,
            required,
            is_always_given: required || default.is_some() || unclear,
            default: default.map(|value| Spanned::new(value.to_json(), value.span)),
            sensitive: v0_2 && flag(node, "sensitive"),
            description: plain(node, "description"),
        })
    }
}

/// The JSON Schema of an input. A bare type name under `items` becomes a schema of that type.
fn input_schema(node: &Node, v0_2: bool) -> Json {
    let mut schema = Map::new();
    if let Some(name) = plain(node, "type") {
        schema.insert("type".into(), name.into());
    }
    if let Some(items) = node.get("items") {
        let items = match &items.value {
            Tree::String(name) => json!({ "type": name.as_str() }),
            _ => items.to_json(),
        };
        schema.insert("items".into(), items);
    }
    if v0_2 {
        for key in ["enum", "pattern", "format", "properties"] {
            if let Some(value) = node.get(key) {
                schema.insert(key.into(), value.to_json());
            }
        }
    }
    schema.into()
}

impl Output {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        keys.check(node, Some("Output"), "an output", diagnostics);
        let v0_2 = keys.edition() == Edition::V0_2;
        Some(Self {
            name: text(node, "name")?,
            source: node.get("source").and_then(|source| Source::read(source, diagnostics)),
            declared: text(node, "type").filter(|_| v0_2),
            sensitive: v0_2 && flag(node, "sensitive"),
            description: plain(node, "description"),
        })
    }
}
