//! Descriptions in several files: the files that `$ref`s lead to become part of the tree.
//!
//! Each file is added once, under a key of the root that no description uses, and the references to it and within it
//! are rewritten. All nodes retain the spans of their own files, so that a finding is reported in the right file.

use std::collections::{BTreeMap, VecDeque};

use naftiko_diagnostics::Span;
use naftiko_syntax::{Entry, Mapping, Node, Text, Value};

use crate::document::{percent_decoded, token};

/// The key of the root that contains the other files.
const FILES: &str = "x-naftiko-files";
/// The maximum number of files of one description.
const MOST_FILES: usize = 10_000;

/// Adds to a description the files that its references lead to, directly and indirectly. `read` returns the tree of a
/// file by its path relative to the folder of the description, with `/` between names; `None` if the file cannot or
/// must not be read: references to it remain unchanged.
pub fn bundle(mut root: Node, name: &str, read: &mut dyn FnMut(&str) -> Option<Node>) -> Node {
    if !leads_out(&root) {
        return root;
    }
    let mut bundle = Bundle { name, files: BTreeMap::new(), waiting: VecDeque::new(), read };
    bundle.redirect(&mut root, name);
    let mut files = Mapping::new();
    while let Some((path, mut node)) = bundle.waiting.pop_front() {
        bundle.redirect(&mut node, &path);
        let key_span = node.span;
        files.insert(path, Entry { key_span, value: node });
    }
    if let Value::Mapping(mapping) = &mut root.value {
        let node = Node { span: root.span, value: Value::Mapping(files) };
        mapping.insert(FILES.to_owned(), Entry { key_span: root.span, value: node });
    }
    root
}

struct Bundle<'a> {
    /// The name of the file of the description.
    name: &'a str,
    /// Whether a file could be read, by its path.
    files: BTreeMap<String, bool>,
    /// The files whose references are not rewritten yet.
    waiting: VecDeque<(String, Node)>,
    read: &'a mut dyn FnMut(&str) -> Option<Node>,
}

impl Bundle<'_> {
    /// Rewrites the references of a file.
    fn redirect(&mut self, root: &mut Node, file: &str) {
        let mut pending = vec![(root, Within::Anything)];
        while let Some((node, within)) = pending.pop() {
            match &mut node.value {
                Value::Sequence(items) => {
                    pending.extend(items.iter_mut().map(|item| (item, Within::Anything)));
                }
                Value::Mapping(mapping) => {
                    for (key, value) in mapping.iter_mut() {
                        if within.has_reference(key)
                            && let Some(changed) = value.as_str().and_then(|it| self.redirected(it, file))
                        {
                            *value = text(changed, value.span);
                        } else {
                            pending.push((value, within.below(key)));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The target of a reference of `file` within the bundle; `None` if the reference remains unchanged.
    fn redirected(&mut self, reference: &str, file: &str) -> Option<String> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let path = if uri.is_empty() {
            file.to_owned()
        } else if is_file(uri) {
            joined(file, &percent_decoded(uri))?
        } else {
            return None;
        };
        if path == self.name {
            return (path != file || !uri.is_empty()).then(|| format!("#{fragment}"));
        }
        if !self.is_there(&path) {
            return None;
        }
        // An `$anchor` is looked up in all files.
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Some(format!("#{fragment}"));
        }
        Some(format!("#/{FILES}/{}{fragment}", percent_encoded(&token(&path))))
    }

    fn is_there(&mut self, path: &str) -> bool {
        if let Some(known) = self.files.get(path) {
            return *known;
        }
        let node = if self.files.len() < MOST_FILES { (self.read)(path) } else { None };
        self.files.insert(path.to_owned(), node.is_some());
        let is_there = node.is_some();
        self.waiting.extend(node.map(|node| (path.to_owned(), node)));
        is_there
    }
}

/// Whether a reference of a description leads to another file.
fn leads_out(root: &Node) -> bool {
    let mut pending = vec![(root, Within::Anything)];
    while let Some((node, within)) = pending.pop() {
        match &node.value {
            Value::Sequence(items) => pending.extend(items.iter().map(|item| (item, Within::Anything))),
            Value::Mapping(mapping) => {
                for (key, entry) in mapping.iter() {
                    let leads_out = |reference: &str| {
                        is_file(reference.split_once('#').map_or(reference, |(uri, _)| uri))
                    };
                    if within.has_reference(key) && entry.value.as_str().is_some_and(leads_out) {
                        return true;
                    }
                    pending.push((&entry.value, within.below(key)));
                }
            }
            _ => {}
        }
    }
    false
}

/// What a mapping of a description is, as far as references in it are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Anything,
    /// The value of a `discriminator`.
    Discriminator,
    /// The `mapping` of a discriminator, whose values are references: `{dog: dog.yaml}`.
    Mapping,
}

impl Within {
    fn has_reference(self, key: &str) -> bool {
        key == "$ref" || self == Self::Mapping
    }

    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Anything, "discriminator") => Self::Discriminator,
            (Self::Discriminator, "mapping") => Self::Mapping,
            _ => Self::Anything,
        }
    }
}

/// Whether a URI is the relative path of a file: without scheme and host.
fn is_file(uri: &str) -> bool {
    let scheme = uri.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    !uri.is_empty() && !scheme && !uri.starts_with("//") && !uri.contains(['?', '\\'])
}

/// Resolves the path of a file relative to another one; `None` if it is empty.
fn joined(from: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let mut names: Vec<&str> = from.split('/').collect();
    names.pop();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            // The caller decides whether files above the folder of the description may be read.
            ".." if names.last().is_none_or(|last| *last == "..") => names.push(".."),
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    (!names.is_empty()).then(|| names.join("/"))
}

fn text(value: String, span: Span) -> Node {
    Node { span, value: Value::String(Text::new(value, Vec::new())) }
}

/// A token of a pointer as a fragment, in which `%` must be escaped.
fn percent_encoded(token: &str) -> String {
    token.replace('%', "%25")
}
