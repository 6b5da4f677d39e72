//! Reads files through [`Files`], and keeps what was read and found.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, SourceMap, Spanned, has_errors};
use naftiko_openapi::Catalogue;
use naftiko_spec::Files;
use naftiko_syntax::{Limits, Node, ambiguous_scalars, parse_bytes};

use crate::check::Options;
use crate::faults;
use crate::provider::Provider;

/// Keys of our documents that YAML 1.1 takes for something else: that of `retry`.
const KEYWORDS: [&str; 1] = ["on"];

/// The folder that a document stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// Files, sources and diagnostics of one check.
pub(crate) struct Loader<'a> {
    files: &'a dyn Files,
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
    /// The folder of the document that is checked, and what else may be read whoever names it.
    open: Vec<PathBuf>,
    /// Capabilities documents that were read, by path: several compositions of one check may use one.
    pub(crate) providers: BTreeMap<PathBuf, Option<Rc<Provider>>>,
    /// Descriptions that were read, by path.
    catalogues: BTreeMap<PathBuf, Option<Rc<Catalogue>>>,
}

impl<'a> Loader<'a> {
    /// Files for the check of the document at `path`.
    pub(crate) fn new(path: &Path, options: &Options, files: &'a dyn Files) -> Self {
        let allowed = options.allowed_files.iter().map(PathBuf::as_path);
        let open = allowed.chain([folder_of(path)]).map(|path| files.resolved(path)).collect();
        let (sources, diagnostics) = (SourceMap::new(), Vec::new());
        Self { files, sources, diagnostics, open, providers: BTreeMap::new(), catalogues: BTreeMap::new() }
    }

    /// Where the path leads that a document in `folder` names, if it may be read: below that folder or that of the
    /// document that is checked, also by way of links, or allowed. Otherwise it is reported; `what` is what was expected
    /// there.
    pub(crate) fn admitted(&mut self, named: &Spanned<String>, folder: &Path, what: &str) -> Option<PathBuf> {
        let path = folder.join(&named.value);
        if self.may_read(&path, folder) {
            return Some(path);
        }
        self.report([faults::outside_path::report(named, &path, what)]);
        None
    }

    /// Whether a path leads below `folder`, or to what may be read whoever names it; also by way of links.
    pub(crate) fn may_read(&self, path: &Path, folder: &Path) -> bool {
        let (resolved, own) = (self.files.resolved(path), self.files.resolved(folder));
        self.open.iter().chain([&own]).any(|folder| resolved.starts_with(folder))
    }

    /// The tree of a text that can be read on; a text that cannot has its diagnostic and gives nothing.
    pub(crate) fn parse(&mut self, path: &Path, bytes: &[u8]) -> Option<Node> {
        self.parse_within(path, bytes, &Limits::default())
    }

    fn parse_within(&mut self, path: &Path, bytes: &[u8], limits: &Limits) -> Option<Node> {
        let (_, parsed) = parse_bytes(path.display().to_string(), bytes, &mut self.sources, limits);
        // A tree that ends in the middle would give a second diagnostic for everything that is not there.
        let cut_short = parsed.is_cut_short();
        self.diagnostics.extend(parsed.diagnostics);
        parsed.root.filter(|_| !cut_short)
    }

    /// Notes what older readers of YAML take for something else in a document of ours. Descriptions are left alone:
    /// whoever checks a composition rarely writes them.
    pub(crate) fn note_ambiguous(&mut self, root: &Node) {
        let Some(file) = self.sources.file(root.span.file) else { return };
        let notes = ambiguous_scalars(root, file.text(), &KEYWORDS);
        self.diagnostics.extend(notes);
    }

    /// The tree of a file.
    pub(crate) fn read(&mut self, path: &Path) -> io::Result<Option<Node>> {
        let bytes = self.files.read(path)?;
        Ok(self.parse(path, &bytes))
    }

    /// The operations of a description; `None` for what is none, which has its diagnostic. Several capabilities documents
    /// may name one description: it is read once.
    pub(crate) fn catalogue(&mut self, path: &Path) -> io::Result<Option<Rc<Catalogue>>> {
        let key = self.absolute(path);
        if let Some(known) = self.catalogues.get(&key) {
            return Ok(known.clone());
        }
        let loaded = self.read_description(path)?.and_then(|root| {
            let (catalogue, diagnostics) = Catalogue::load(root);
            let readable = !has_errors(&diagnostics);
            self.report(diagnostics);
            readable.then(|| Rc::new(catalogue))
        });
        self.catalogues.insert(key, loaded.clone());
        Ok(loaded)
    }

    /// The tree of an `OpenAPI` description, with the files below its folder that its references lead to.
    fn read_description(&mut self, path: &Path) -> io::Result<Option<Node>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let Some(root) = self.read_foreign(path)? else { return Ok(None) };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Ok(Some(naftiko_openapi::bundle(root, name, &mut |relative| {
            let part = folder.join(relative);
            let may_read = self.may_read(&part, folder) && self.exists(&part);
            may_read.then(|| self.read_foreign(&part).ok().flatten()).flatten()
        })))
    }

    /// The tree of a file of other authors, whose large numbers are rounded as JSON readers round them.
    fn read_foreign(&mut self, path: &Path) -> io::Result<Option<Node>> {
        let bytes = self.files.read(path)?;
        Ok(self.parse_within(path, &bytes, &Limits { exact_numbers: false, ..Limits::default() }))
    }

    /// Whether there is a file.
    pub(crate) fn exists(&self, path: &Path) -> bool {
        self.files.is_file(path)
    }

    /// The path from the root of the file system.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.files.absolute(path)
    }

    /// The folder of `path` and every folder above it, nearest first: relative ones as long as the path was.
    pub(crate) fn folders(&self, path: &Path) -> Vec<PathBuf> {
        let relative = path.ancestors().skip(1).map(Path::to_path_buf);
        let below = path.ancestors().skip(1).count();
        let absolute = self.files.absolute(path);
        let above = absolute.ancestors().skip(below + 1).map(Path::to_path_buf);
        relative.chain(above.filter(|_| path.is_relative())).collect()
    }

    pub(crate) fn report(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// What has been found by now.
    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    pub(crate) fn sources(&self) -> &SourceMap {
        &self.sources
    }

    pub(crate) fn finish(self) -> (SourceMap, Vec<Diagnostic>) {
        (self.sources, self.diagnostics)
    }
}
