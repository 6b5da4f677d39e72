//! Assembles one operation.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use naftiko_adapter::{Operation, Parameter, Place, ResponseSpec};
use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_syntax::Node;
use serde_json::json;

use crate::Version;
use crate::catalogue::Entry;
use crate::document::{Document, malformed};
use crate::schema::Reader;

pub(crate) static UNDECLARED_PATH_PARAMETER: Code = Code {
    id: "undeclared-path-parameter",
    severity: Severity::Warning,
    summary: "a path of an OpenAPI description has a parameter that no operation declares",
};

/// The operation of an index entry.
pub(crate) fn read(document: &Document, entry: &Entry, provider: &str) -> (Operation, Vec<Diagnostic>) {
    let mut reader = Reader::new(document);
    let node = document.root.pointer(&entry.operation);
    let id = entry.id.clone().unwrap_or_else(|| format!("{} {}", entry.method.as_str(), entry.path));
    let mut operation = Operation {
        deprecated: entry.deprecated,
        is_public: node.is_some_and(takes_no_credential),
        ..Operation::new(provider, id, entry.method, entry.path.as_str())
    };
    match node {
        Some(node) => {
            let (nodes, complete) = reader.parameter_nodes(node, entry);
            operation.parameters = reader.parameters(&nodes, entry, complete);
            operation.body = match document.version {
                Version::V2_0 => reader.swagger_body(node, &nodes),
                _ => node.get("requestBody").and_then(|body| reader.body(body)),
            };
            operation.responses = reader.responses(node);
        }
        None => reader.report(malformed(entry.span, "the operation is not of this description")),
    }
    let (definitions, diagnostics) = reader.finish();
    operation.definitions = definitions;
    (operation, diagnostics)
}

/// Whether an operation itself requires no credential: no alternative in `security`, or only empty ones. A declaration
/// for the whole description is less certain, because `auth` of the capabilities overrides it.
fn takes_no_credential(operation: &Node) -> bool {
    let alternatives = operation.get("security").and_then(Node::as_sequence);
    let asks_nothing = |node: &Node| node.as_mapping().is_some_and(|schemes| schemes.iter().next().is_none());
    alternatives.is_some_and(|alternatives| alternatives.iter().all(asks_nothing))
}

/// The names between braces in a path template.
fn template_names(path: &str) -> Vec<&str> {
    let after = path.split('{').skip(1);
    after.filter_map(|after| after.split_once('}')).map(|(name, _)| name).collect()
}

impl<'a> Reader<'a> {
    /// The parameters of the path and then of the operation, references resolved; and whether all could be resolved.
    fn parameter_nodes(&mut self, operation: &'a Node, entry: &Entry) -> (Vec<&'a Node>, bool) {
        let document = self.document;
        let items = entry.items.iter().filter_map(|pointer| document.root.pointer(pointer));
        let mut complete = true;
        let mut nodes = Vec::new();
        for holder in items.chain(std::iter::once(operation)) {
            let Some(list) = holder.get("parameters") else { continue };
            for node in self.list(list, "`parameters`") {
                let found = self.follow(node).filter(|node| self.mapping(node, "a parameter").is_some());
                complete &= found.is_some();
                nodes.extend(found);
            }
        }
        (nodes, complete)
    }

    /// Each parameter once, by its last declaration. The path parameters are exactly those of the path template,
    /// whatever the description declares; the difference is reported if the list is `complete`.
    fn parameters(&mut self, nodes: &[&'a Node], entry: &Entry, complete: bool) -> Vec<Parameter> {
        let in_path = template_names(&entry.path);
        let known: BTreeSet<&str> = in_path.iter().copied().collect();
        let mut parameters: IndexMap<(Place, String), Parameter> = IndexMap::new();
        for &node in nodes {
            if self.is_part_of_body(node) {
                continue;
            }
            let Some(parameter) = self.parameter(node) else { continue };
            if parameter.place == Place::Path && !known.contains(parameter.name.as_str()) {
                let message = format!("the path `{}` has no parameter `{}`", entry.path, parameter.name);
                self.report(malformed(node.get("name").unwrap_or(node).span, message));
                continue;
            }
            parameters.insert((parameter.place, parameter.name.clone()), parameter);
        }
        for name in in_path {
            parameters.entry((Place::Path, name.to_owned())).or_insert_with(|| {
                if complete {
                    let message = format!("`{name}` of `{}` is declared by no parameter", entry.path);
                    let diagnostic = Diagnostic::new(&UNDECLARED_PATH_PARAMETER, entry.path_span, message)
                        .with_help("it is treated as a required string");
                    self.report(diagnostic);
                }
                Parameter::new(name, Place::Path, json!({"type": "string"}))
            });
        }
        parameters.into_values().collect()
    }

    fn is_part_of_body(&self, node: &Node) -> bool {
        let place = node.get("in").and_then(Node::as_str);
        self.document.version == Version::V2_0 && matches!(place, Some("body" | "formData"))
    }

    fn responses(&mut self, operation: &'a Node) -> IndexMap<String, ResponseSpec> {
        let mut responses = IndexMap::new();
        let Some(node) = operation.get("responses") else { return responses };
        let Some(mapping) = self.mapping(node, "`responses`") else { return responses };
        for (status, entry) in mapping.iter() {
            if !self.is_status(status, entry) {
                continue;
            }
            let response = match self.document.version {
                Version::V2_0 => self.swagger_response(&entry.value, operation),
                _ => self.response(&entry.value),
            };
            responses.insert(status.to_owned(), response);
        }
        responses
    }
}
