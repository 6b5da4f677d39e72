//! The index of a description's operations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use naftiko_adapter::{Method, Operation};
use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_syntax::{Mapping, Node, Value};

use crate::document::{Document, Target, UNSUPPORTED_DESCRIPTION, malformed, token};
use crate::nearest::Neighborhood;
use crate::{Version, operation, server};

pub(crate) static DUPLICATE_OPERATION_ID: Code = Code {
    id: "duplicate-operation-id",
    severity: Severity::Warning,
    summary: "two operations of an OpenAPI description have the same `operationId`; the first is used",
};

/// The operations of one description.
#[derive(Debug)]
pub struct Catalogue {
    document: Document,
    entries: Vec<Entry>,
    ids: BTreeMap<String, usize>,
    routes: BTreeMap<(Method, String), usize>,
    neighborhood: OnceLock<Neighborhood>,
}

/// An operation in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The `operationId`, if it has one.
    pub id: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// The path as written: `/organizations/{id}`.
    pub path: String,
    /// The position of its name: the value of `operationId`, or the key of the method.
    pub span: Span,
    /// The tags.
    pub tags: Vec<String>,
    /// The summary of the description.
    pub summary: Option<String>,
    /// Whether the description marks it as deprecated.
    pub deprecated: bool,
    /// The position of the path.
    pub(crate) path_span: Span,
    /// The pointer of the operation.
    pub(crate) operation: String,
    /// The pointers of its path items, in order of increasing precedence.
    pub(crate) items: Vec<String>,
}

impl Catalogue {
    /// Indexes a description. A document that is not one gives an empty catalogue and a diagnostic.
    pub fn load(root: Node) -> (Self, Vec<Diagnostic>) {
        let (version, diagnostic) = Version::of(&root);
        let document = Document::new(root, version);
        let mut index = Index {
            document: &document,
            entries: Vec::new(),
            diagnostics: Vec::from_iter(diagnostic),
            seen: BTreeSet::new(),
        };
        if version != Version::Unknown {
            index.paths();
        }
        let Index { entries, mut diagnostics, .. } = index;
        let mut ids = BTreeMap::new();
        let mut routes = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            routes.entry((entry.method, shape(&entry.path))).or_insert(at);
            let Some(id) = &entry.id else { continue };
            let first = *ids.entry(id.clone()).or_insert(at);
            if let Some(first) = entries.get(first).filter(|_| first != at) {
                let message = format!("`{id}` is the `operationId` of two operations");
                let diagnostic = Diagnostic::new(&DUPLICATE_OPERATION_ID, entry.span, message)
                    .with_label("this operation is ignored")
                    .with_related(first.span, "this operation is used");
                diagnostics.push(diagnostic);
            }
        }
        (Self { document, entries, ids, routes, neighborhood: OnceLock::new() }, diagnostics)
    }

    /// The `OpenAPI` version that the description declares.
    pub fn version(&self) -> Version {
        self.document.version
    }

    /// The title of the API.
    pub fn title(&self) -> Option<&str> {
        self.document.root.get("info")?.get("title")?.as_str()
    }

    /// The base URLs of the API, in order, with variables replaced by their defaults. A URL may be relative to the
    /// location of the description.
    pub fn servers(&self) -> Vec<String> {
        server::servers(&self.document.root, self.document.version)
    }

    /// The base URLs of one operation: its own, those of its path, or those of the API.
    pub fn servers_of(&self, entry: &Entry) -> Vec<String> {
        self.own_servers(entry).unwrap_or_else(|| self.servers())
    }

    /// The base URLs that an operation or its path defines; `None` if neither does.
    pub fn own_servers(&self, entry: &Entry) -> Option<Vec<String>> {
        if self.version() == Version::V2_0 {
            return None;
        }
        let holders = std::iter::once(&entry.operation).chain(entry.items.iter().rev());
        let own = holders.filter_map(|pointer| self.document.root.pointer(pointer));
        own.map(|holder| server::servers(holder, self.version())).find(|servers| !servers.is_empty())
    }

    /// Every operation in the order of the document, including those without `operationId`.
    pub fn operations(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The operation with this `operationId`.
    pub fn find(&self, operation_id: &str) -> Option<&Entry> {
        self.entries.get(*self.ids.get(operation_id)?)
    }

    /// The operation with this method and path template; the names of path parameters do not matter.
    pub fn find_route(&self, method: Method, path: &str) -> Option<&Entry> {
        self.entries.get(*self.routes.get(&(method, shape(path)))?)
    }

    /// The operations that an unknown name most likely means: at most three, best first, none if none is similar. Only
    /// operations with an `operationId` are candidates.
    pub fn nearest(&self, operation_id: &str) -> Vec<&Entry> {
        let neighborhood = self.neighborhood.get_or_init(|| Neighborhood::new(&self.entries));
        neighborhood.nearest(operation_id).into_iter().filter_map(|at| self.entries.get(at)).collect()
    }

    /// The self-contained operation of an entry of this catalogue. Without an `operationId`, its id consists of its
    /// method and path.
    pub fn operation(&self, entry: &Entry, provider: &str) -> (Operation, Vec<Diagnostic>) {
        operation::read(&self.document, entry, provider)
    }
}

/// A path template without the names of its parameters.
fn shape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str("{}");
        rest = tail;
    }
    out.push_str(rest);
    out
}

struct Index<'a> {
    document: &'a Document,
    entries: Vec<Entry>,
    diagnostics: Vec<Diagnostic>,
    /// The pointers of mappings that were reported already.
    seen: BTreeSet<String>,
}

/// The current position in the document.
struct Place<'a> {
    path: &'a str,
    path_span: Span,
    items: Vec<String>,
}

impl<'a> Index<'a> {
    fn paths(&mut self) {
        let Some(paths) = self.document.root.get("paths") else { return };
        let Some(mapping) = self.mapping(paths, "`paths`") else { return };
        for (path, entry) in mapping.iter().filter(|(path, _)| !path.starts_with("x-")) {
            if path.starts_with('/') {
                self.path(path, entry);
            } else {
                let message = format!("expected a path that begins with `/`, found `{path}`");
                self.diagnostics.push(malformed(entry.key_span, message));
            }
        }
    }

    fn path(&mut self, path: &'a str, entry: &'a naftiko_syntax::Entry) {
        if self.mapping(&entry.value, "a path").is_none() {
            return;
        }
        let own = Target { pointer: format!("/paths/{}", token(path)), node: &entry.value };
        let mut items = Vec::new();
        if let Some((reference, span)) = Document::reference(own.node) {
            match self.document.target(reference, span).and_then(|target| self.document.follow_from(target)) {
                Ok(target) => items.push(target),
                Err(diagnostic) => self.diagnostics.push(*diagnostic),
            }
        }
        items.push(own);
        let pointers = items.iter().map(|item| item.pointer.clone()).collect();
        let place = Place { path, path_span: entry.key_span, items: pointers };
        let mut found = Vec::new();
        // Keys beside a `$ref` take precedence, so they are processed first.
        for item in items.iter().rev() {
            self.item(item, &place, &mut found);
        }
    }

    fn item(&mut self, item: &Target<'a>, place: &Place<'a>, found: &mut Vec<Method>) {
        let Some(mapping) = item.node.as_mapping() else { return };
        for (method, key, entry) in methods(mapping) {
            self.operation(method, format!("{}/{key}", item.pointer), entry, place, found);
        }
        let Some(additional) = mapping.get("additionalOperations") else { return };
        let Some(additional) = self.mapping(additional, "`additionalOperations`") else { return };
        let pointer = format!("{}/additionalOperations", item.pointer);
        for (method, key, entry) in methods(additional) {
            self.operation(method, format!("{pointer}/{key}"), entry, place, found);
        }
        if self.seen.insert(pointer) {
            self.unsupported(additional);
        }
    }

    /// Reports the operations of 3.2 with methods of no standard.
    fn unsupported(&mut self, additional: &Mapping) {
        let others = additional.iter().filter(|(key, _)| !key.starts_with("x-") && !is_method(key));
        for (key, entry) in others {
            let message = format!("the method `{key}` is not supported, and its operation is left out");
            self.diagnostics.push(Diagnostic::new(&UNSUPPORTED_DESCRIPTION, entry.key_span, message));
        }
    }

    fn operation(
        &mut self,
        method: Method,
        pointer: String,
        entry: &'a naftiko_syntax::Entry,
        place: &Place<'a>,
        found: &mut Vec<Method>,
    ) {
        if found.contains(&method) || self.mapping(&entry.value, "an operation").is_none() {
            return;
        }
        found.push(method);
        // The standard allows no reference here, but DigitalOcean and others use one.
        let (node, pointer) = match self.document.follow_from(Target { pointer, node: &entry.value }) {
            Ok(Target { pointer, node }) => (node, pointer),
            Err(diagnostic) => return self.diagnostics.push(*diagnostic),
        };
        let id = node.get("operationId");
        if let Some(id) = id.filter(|id| id.as_str().is_none()) {
            let message = format!("expected the `operationId` to be a string, found {}", id.kind());
            self.diagnostics.push(malformed(id.span, message));
        }
        let id = id.and_then(Node::as_spanned_string).filter(|id| !id.value.is_empty());
        let tags = node.get("tags").and_then(Node::as_sequence).unwrap_or_default();
        self.entries.push(Entry {
            span: id.as_ref().map_or(entry.key_span, |id| id.span),
            id: id.map(|id| id.value),
            method,
            path: place.path.to_owned(),
            tags: tags.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
            summary: node.get("summary").and_then(Node::as_str).map(str::to_owned),
            deprecated: node.get("deprecated").and_then(Node::as_bool).unwrap_or_default(),
            path_span: place.path_span,
            operation: pointer,
            items: place.items.clone(),
        });
    }

    /// The mapping that `node` is; null counts as missing, and anything else is reported.
    fn mapping(&mut self, node: &'a Node, what: &str) -> Option<&'a Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() && node.value != Value::Null {
            let message = format!("expected {what} to be a mapping, found {}", node.kind());
            self.diagnostics.push(malformed(node.span, message));
        }
        mapping
    }
}

/// The entries of a mapping whose keys are methods, in document order. Each method is looked up, because many paths may
/// share one large mapping.
fn methods(mapping: &Mapping) -> Vec<(Method, String, &naftiko_syntax::Entry)> {
    let keys = Method::ALL.into_iter().flat_map(|method| {
        [method.as_str().to_ascii_lowercase(), method.as_str().to_owned()].map(|key| (method, key))
    });
    let mut found: Vec<_> =
        keys.filter_map(|(method, key)| mapping.entry(&key).map(|entry| (method, key, entry))).collect();
    found.sort_by_key(|(_, _, entry)| entry.key_span.start);
    found
}

fn is_method(key: &str) -> bool {
    Method::ALL.iter().any(|method| method.as_str() == key || method.as_str().to_ascii_lowercase() == key)
}
