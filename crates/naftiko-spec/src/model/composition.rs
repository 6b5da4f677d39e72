//! Compositions.

use naftiko_diagnostics::{Diagnostic, FileId, Span, Spanned};
use naftiko_syntax::{Node, Value as Tree};
use serde_json::{Map, Value as Json, json};

use super::reader::{Keys, flag, items, plain, text, texts};
use super::{Source, Step};
use crate::{Edition, Header, Kind, foreign_schema, validate};

/// A workflow of inputs, steps and outputs.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The file it was read from.
    pub file: FileId,
    /// Its edition.
    pub edition: Edition,
    /// Its name.
    pub name: String,
    /// The provider whose capabilities it uses.
    pub provider_id: Option<Spanned<String>>,
    /// Whether the provider is under a misspelled key, which has a diagnostic.
    pub provider_is_unclear: bool,
    /// The capabilities documents it names, by path.
    pub capabilities: Vec<Spanned<String>>,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// Whether these are all inputs: false where some could not be understood.
    pub inputs_are_known: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// A short place that stands for the whole document: the key of its header.
    pub header: Span,
}

/// An input of a run.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub name: Spanned<String>,
    /// The JSON Schema of its value.
    pub schema: Json,
    /// Whether a run without it is refused.
    pub required: bool,
    /// Whether every run has it, as far as can be told: it is required or has a default, or one of the two could not be
    /// understood, which has a diagnostic.
    pub is_always_given: bool,
    /// Its value when none is given, and where that was written.
    pub default: Option<Spanned<Json>>,
    /// Whether it is never printed or stored in clear.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}

/// An output of a run.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its name.
    pub name: Spanned<String>,
    /// The expression it is read from; `None` if that could not be understood.
    pub source: Option<Source>,
    /// Its declared type.
    pub declared: Option<Spanned<String>>,
    /// Whether it is never printed in clear.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}

impl Composition {
    /// Reads a composition. Parts with the wrong shape are reported and left out.
    pub fn lower(root: &Node, edition: Edition) -> (Self, Vec<Diagnostic>) {
        let header = Header { kind: Kind::Composition, edition };
        let keys = Keys::new(header);
        let mut diagnostics = validate::validate(root, header);
        keys.check(root, None, "a composition", &mut diagnostics);
        let inputs = lower_all(items(root, "inputs"), |node| Input::lower(node, keys, &mut diagnostics));
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
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        keys.check(node, Some("Input"), "an input", diagnostics);
        let v0_2 = keys.edition() == Edition::V0_2;
        let default = node.get("default").filter(|_| v0_2);
        let schema = input_schema(node, v0_2);
        // A wrong name of a type has its diagnostic.
        if !diagnostics.iter().any(|found| node.get("type").is_some_and(|ty| ty.span == found.primary.span)) {
            let invalid = foreign_schema::invalid_schema(&schema, node);
            let options = node.get("enum").filter(|_| v0_2 && invalid.is_none());
            let options =
                options.map(|options| validate::unfit_options(&schema, options)).unwrap_or_default();
            // A default is told apart only by options that can be had.
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

/// The JSON Schema of an input. A bare type name under `items` is read as a schema of that type.
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
