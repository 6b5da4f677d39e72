//! Reads from the source of a crate which of its modules import which others.
//!
//! An import is any path into another module: in a `use`, in an expression, in a macro call, or in a link of a doc
//! comment. A path may begin with `crate`, `self`, `super`, a name that a `use` imports, or the name of a child module.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// The names from the root of a crate to a module or an item; empty for the root.
pub(super) type Path = Vec<String>;

/// A Rust file.
#[derive(Debug)]
pub(super) struct Source {
    /// The path relative to the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// An import of one module by another module of the crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    /// The module that imports.
    pub(super) from: Path,
    /// The module that is imported; empty for the root of the crate.
    pub(super) to: Path,
    /// The imported item, as a path from the root.
    pub(super) item: Path,
    /// Whether the module names a child of its own, as in `child::item`.
    pub(super) is_of_child: bool,
}

/// The imports between the modules of each crate, by the name of the crate's folder. The root of a crate imports
/// nothing here, since it only declares modules and public items; test modules in files of their own do not count.
pub(super) fn of(sources: &[Source]) -> BTreeMap<String, BTreeSet<Import>> {
    let mut crates: BTreeMap<String, BTreeMap<Path, &str>> = BTreeMap::new();
    for source in sources {
        if let Some((name, module)) = module_of(&source.path) {
            crates.entry(name).or_default().insert(module, &source.text);
        }
    }
    crates.into_iter().map(|(name, modules)| (name, between(&modules))).collect()
}

/// The crate and the module of a file; `None` for the root of a crate, for tests, and for files outside of `src`.
fn module_of(path: &str) -> Option<(String, Path)> {
    let (name, file) = path.strip_prefix("crates/")?.split_once("/src/")?;
    let file = file.strip_suffix(".rs")?;
    let module = file.strip_suffix("/mod").unwrap_or(file);
    let is_counted = !matches!(module, "lib" | "main") && module.split('/').all(|part| part != "tests");
    is_counted.then(|| (name.to_owned(), module.split('/').map(str::to_owned).collect()))
}

fn between(modules: &BTreeMap<Path, &str>) -> BTreeSet<Import> {
    let mut imports = BTreeSet::new();
    for (module, text) in modules {
        // A file that is no Rust has an error of the compiler.
        let Ok(stream) = TokenStream::from_str(text) else { continue };
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        for (item, root) in resolved(&Reader::read(&tokens, module), modules) {
            let to = nearest(&item, modules);
            if to != *module {
                imports.insert(Import { from: module.clone(), to, item, is_of_child: root == Root::Child });
            }
        }
    }
    imports
}

/// The longest beginning of a path that is a module; empty if there is none.
fn nearest(item: &[String], modules: &BTreeMap<Path, &str>) -> Path {
    let mut beginnings = (1..=item.len()).rev().filter_map(|length| item.get(..length));
    beginnings.find(|beginning| modules.contains_key(*beginning)).unwrap_or_default().to_vec()
}

/// The beginning of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    /// `crate`, `self` or `super`.
    Named,
    /// The name of a child module.
    Child,
}

/// A path from the root of the crate.
type Resolved = (Path, Root);

/// The paths of a file from the root of the crate; paths that lead out of the crate are left out.
fn resolved(read: &[Written], modules: &BTreeMap<Path, &str>) -> BTreeSet<Resolved> {
    let mut imported: BTreeMap<&str, Resolved> = BTreeMap::new();
    for written in read {
        if let (Some(name), Some(path)) = (&written.name, from_root(written, &BTreeMap::new(), modules)) {
            imported.insert(name, path);
        }
    }
    read.iter().filter_map(|written| from_root(written, &imported, modules)).collect()
}

fn from_root(
    written: &Written,
    imported: &BTreeMap<&str, Resolved>,
    modules: &BTreeMap<Path, &str>,
) -> Option<Resolved> {
    let (first, mut rest) = written.path.split_first()?;
    let mut within = written.within.as_slice();
    match first.as_str() {
        // A link to a public item of the crate goes to where the reader of the documentation finds it.
        "crate" if written.is_link && rest.len() == 1 => return None,
        "crate" => return Some((rest.to_vec(), Root::Named)),
        "self" => {}
        "super" => {
            (_, within) = within.split_last()?;
            while let Some(("super", more)) = rest.split_first().map(|(first, more)| (first.as_str(), more)) {
                (_, within) = within.split_last()?;
                rest = more;
            }
        }
        name => {
            if let Some((known, root)) = imported.get(name).filter(|_| written.name.is_none()) {
                return Some(([known.as_slice(), rest].concat(), *root));
            }
            let child = [within, std::slice::from_ref(first)].concat();
            let is_child = modules.contains_key(&child);
            return is_child.then(|| ([within, &written.path].concat(), Root::Child));
        }
    }
    Some(([within, rest].concat(), Root::Named))
}

/// What the reader distinguishes in a text of Rust.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Open,
    Close,
    Comma,
    Dot,
    Literal(String),
    Other,
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut after_colon = false;
    for tree in stream {
        let is_colon = matches!(&tree, TokenTree::Punct(mark) if mark.as_char() == ':');
        match tree {
            TokenTree::Ident(word) => tokens.push(Token::Word(word.to_string())),
            TokenTree::Literal(literal) => tokens.push(Token::Literal(literal.to_string())),
            TokenTree::Group(group) => {
                tokens.push(Token::Open);
                flatten(group.stream(), tokens);
                tokens.push(Token::Close);
            }
            TokenTree::Punct(_) if is_colon && after_colon => {
                tokens.pop();
                tokens.push(Token::Separator);
            }
            TokenTree::Punct(mark) => tokens.push(match mark.as_char() {
                ',' => Token::Comma,
                '.' => Token::Dot,
                _ => Token::Other,
            }),
        }
        after_colon = is_colon && tokens.last() == Some(&Token::Other);
    }
}

/// A path as it is written.
#[derive(Debug)]
struct Written {
    path: Path,
    /// The name under which a `use` imports it.
    name: Option<String>,
    is_link: bool,
    /// The module with the path: that of the file, or one that the file defines in place.
    within: Path,
}

/// Collects the paths of one file.
struct Reader<'a> {
    tokens: &'a [Token],
    /// The module at the current token.
    within: Path,
    /// The depths of brackets at which modules defined in place begin.
    in_place: Vec<usize>,
    found: Vec<Written>,
}

impl<'a> Reader<'a> {
    fn read(tokens: &'a [Token], module: &[String]) -> Vec<Written> {
        let mut reader = Self { tokens, within: module.to_vec(), in_place: Vec::new(), found: Vec::new() };
        let (mut at, mut depth) = (0, 0);
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Open => depth += 1,
                Token::Close => {
                    depth -= 1;
                    if reader.in_place.pop_if(|begin| *begin == depth).is_some() {
                        reader.within.pop();
                    }
                }
                Token::Literal(text) => reader.links(text),
                Token::Word(word) if word == "use" => {
                    at = reader.tree(at + 1, &[]);
                    continue;
                }
                Token::Word(word) if word == "mod" => reader.module(at + 1, depth),
                Token::Word(_) => {
                    at = reader.path(at);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        reader.found
    }

    fn word(&self, at: usize) -> Option<&'a String> {
        match self.tokens.get(at)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Enters a module that is defined in place.
    fn module(&mut self, name: usize, depth: usize) {
        if let (Some(name), Some(Token::Open)) = (self.word(name), self.tokens.get(name + 1)) {
            self.within.push(name.clone());
            self.in_place.push(depth);
        }
    }

    /// Reads a path outside of a `use`, and returns the position behind it.
    fn path(&mut self, mut at: usize) -> usize {
        let continues = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let mut path: Path = self.word(at).cloned().into_iter().collect();
        at += 1;
        while let (Some(Token::Separator), Some(word)) = (self.tokens.get(at), self.word(at + 1)) {
            path.push(word.clone());
            at += 2;
        }
        if path.len() > 1 && !matches!(continues, Some(Token::Separator | Token::Dot)) {
            self.found.push(Written { path, name: None, is_link: false, within: self.within.clone() });
        }
        at
    }

    /// Reads one tree of a `use`, and returns the position behind it.
    fn tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let mut name = None;
        loop {
            match self.tokens.get(at) {
                Some(Token::Word(word)) if word == "as" => {
                    name = self.word(at + 1).cloned();
                    at += 1;
                }
                Some(Token::Word(word)) => path.push(word.clone()),
                Some(Token::Separator) => {}
                Some(Token::Open) => {
                    at = self.tree(at + 1, &path);
                    while self.tokens.get(at) == Some(&Token::Comma) {
                        at = self.tree(at + 1, &path);
                    }
                    return at + 1;
                }
                _ => break,
            }
            at += 1;
        }
        if path.len() > prefix.len() {
            path.pop_if(|last| last == "self" && !prefix.is_empty());
            let name = name.or_else(|| path.last().cloned());
            self.found.push(Written { path, name, is_link: false, within: self.within.clone() });
        }
        // A glob is one more token.
        at + usize::from(self.tokens.get(at) == Some(&Token::Other))
    }

    /// Reads the links in a doc comment.
    fn links(&mut self, text: &str) {
        for root in ["crate::", "super::"] {
            for (at, _) in text.match_indices(root) {
                let rest = text.get(at..).unwrap_or_default();
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'))
                    .unwrap_or(rest.len());
                let words = rest.get(..end).unwrap_or_default().split("::").filter(|word| !word.is_empty());
                let path: Path = words.map(str::to_owned).collect();
                self.found.push(Written { path, name: None, is_link: true, within: self.within.clone() });
            }
        }
    }
}
