//! Tests of a composition.

use naftiko_diagnostics::{Diagnostic, FileId, Span, Spanned};
use naftiko_syntax::{Mapping, Node, Value as Tree};

use super::reader::{Keys, items, text};
use super::script::{Literal, Script};
use super::value::{Source, Value};
use crate::{Edition, Header, Kind, validate};

/// Tests of a composition, and the settings they have in common.
#[derive(Debug, Clone)]
pub struct TestDocument {
    /// The file of the document.
    pub file: FileId,
    /// The path of the composition.
    pub composition: Option<Spanned<String>>,
    /// The tests.
    pub tests: Vec<Test>,
    /// The script of the mock for every test.
    pub mock: Script,
    /// The position that represents the whole document: the key of its header.
    pub header: Span,
}

/// A test: one run, and its expected result.
#[derive(Debug, Clone)]
pub struct Test {
    /// The name.
    pub name: Spanned<String>,
    /// The inputs; later ones override earlier ones.
    pub inputs: Vec<Inputs>,
    /// The answers to external steps.
    pub answers: Vec<Given>,
    /// The script for the mock.
    pub mock: Script,
    /// The expected result.
    pub expect: Expectation,
}

/// The source of inputs.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// Inputs in the document.
    Named(Vec<Given>),
    /// A file of inputs, by its path.
    File(Spanned<String>),
}

/// A named value.
#[derive(Debug, Clone)]
pub struct Given {
    /// The name.
    pub name: Spanned<String>,
    /// The value.
    pub value: Literal,
}

/// The expected result of a run.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// The final status of the run.
    pub outcome: Option<Spanned<String>>,
    /// Outputs by name.
    pub outputs: Vec<(Spanned<String>, Value)>,
    /// The final status of steps, by id.
    pub steps: Vec<(Spanned<String>, Spanned<String>)>,
    /// Further conditions.
    pub assertions: Vec<Source>,
}

impl TestDocument {
    /// Lowers a test document. Malformed parts are reported and left out.
    pub fn lower(root: &Node) -> (Self, Vec<Diagnostic>) {
        let header = Header { kind: Kind::Test, edition: Edition::V0_2 };
        let keys = Keys::new(header);
        let mut diagnostics = validate::validate(root, header);
        keys.check(root, None, "a composition test", &mut diagnostics);
        let common = Common {
            inputs: Inputs::lower(root),
            answers: Given::all(root, "answers"),
            mock: script(root, keys, &mut diagnostics),
        };
        let tests = items(root, "tests");
        let document = Self {
            file: root.span.file,
            composition: text(root, "composition"),
            tests: tests
                .iter()
                .filter_map(|node| Test::lower(node, &common, keys, &mut diagnostics))
                .collect(),
            mock: common.mock,
            header: root.entry("specification").map_or(root.span, |entry| entry.key_span),
        };
        (document, diagnostics)
    }
}

/// The settings that all tests have in common.
struct Common {
    inputs: Option<Inputs>,
    answers: Vec<Given>,
    mock: Script,
}

fn script(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Script {
    node.get("mock").map(|mock| Script::lower(mock, keys, diagnostics)).unwrap_or_default()
}

impl Test {
    fn lower(node: &Node, common: &Common, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        keys.check(node, Some("Test"), "a test", diagnostics);
        let own = node.get("answers").map(|_| Given::all(node, "answers"));
        Some(Self {
            name: text(node, "name")?,
            inputs: common.inputs.iter().cloned().chain(Inputs::lower(node)).collect(),
            answers: own.unwrap_or_else(|| common.answers.clone()),
            mock: script(node, keys, diagnostics).over(&common.mock),
            expect: node
                .get("expect")
                .map(|it| Expectation::lower(it, keys, diagnostics))
                .unwrap_or_default(),
        })
    }
}

impl Inputs {
    fn lower(node: &Node) -> Option<Self> {
        match &node.get("inputs")?.value {
            Tree::Mapping(_) => Some(Self::Named(Given::all(node, "inputs"))),
            Tree::String(_) => text(node, "inputs").map(Self::File),
            _ => None,
        }
    }
}

impl Given {
    fn all(node: &Node, key: &str) -> Vec<Self> {
        node.get(key).and_then(Node::as_mapping).map(Self::of_mapping).unwrap_or_default()
    }

    /// The named values of a mapping, as in a file of inputs.
    pub fn of_mapping(mapping: &Mapping) -> Vec<Self> {
        let entries = mapping.iter().map(|(name, entry)| Self {
            name: Spanned::new(name.to_owned(), entry.key_span),
            value: Literal::read(&entry.value, Some(entry.key_span)),
        });
        entries.collect()
    }
}

impl Expectation {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        keys.check(node, Some("Expectation"), "`expect`", diagnostics);
        let entries =
            |key: &str| node.get(key).and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter);
        let name = |name: &str, span| Spanned::new(name.to_owned(), span);
        Self {
            outcome: text(node, "outcome"),
            outputs: entries("outputs")
                .map(|(key, entry)| (name(key, entry.key_span), Value::read(&entry.value, diagnostics)))
                .collect(),
            steps: entries("steps")
                .filter_map(|(key, entry)| {
                    Some((name(key, entry.key_span), entry.value.as_spanned_string()?))
                })
                .collect(),
            assertions: items(node, "assert")
                .iter()
                .filter_map(|condition| Source::read(condition, diagnostics))
                .collect(),
        }
    }
}
