//! Reads files through [`Files`], and retains the sources and diagnostics.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, SourceMap, Spanned, has_errors};
use naftiko_openapi::Catalogue;
use naftiko_spec::Files;
use naftiko_syntax::{Limits, Node, ambiguous_scalars, parse_bytes};

use crate::codes;
use crate::ir::options::Options;
use crate::ir::provider::Provider;

/// Keys of our documents that YAML 1.1 reads as something other than text: `on` in `retry`.
const KEYWORDS: [&str; 1] = ["on"];

/// The folder of a document; empty for a bare file name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The files, sources and diagnostics of one check.
pub(crate) struct Loader<'a> {
    files: &'a dyn Files,
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
    /// The folder of the main document and the allowed files: readable from every document.
    open: Vec<PathBuf>,
    /// Capabilities documents by absolute path: several compositions of one check may share one.
    pub(crate) providers: BTreeMap<PathBuf, Option<Rc<Provider>>>,
    /// OpenAPI descriptions by absolute path.
    catalogues: BTreeMap<PathBuf, Option<Rc<Catalogue>>>,
}

impl<'a> Loader<'a> {
    /// A loader for the check of the document at `path`.
    pub(crate) fn new(path: &Path, options: &Options, files: &'a dyn Files) -> Self {
        let allowed = options.allowed_files.iter().map(PathBuf::as_path);
        let open = allowed.chain([folder_of(path)]).map(|path| files.resolved(path)).collect();
        let (sources, diagnostics) = (SourceMap::new(), Vec::new());
        Self { files, sources, diagnostics, open, providers: BTreeMap::new(), catalogues: BTreeMap::new() }
    }

    /// The path of a file that a document in `folder` names, if it may be read: its resolved path is below `folder`,
    /// below the folder of the main document, or allowed by the operator. Otherwise the path is reported; `what` is
    /// the expected kind of file.
    pub(crate) fn admitted(&mut self, named: &Spanned<String>, folder: &Path, what: &str) -> Option<PathBuf> {
        let path = folder.join(&named.value);
        if self.may_read(&path, folder) {
            return Some(path);
        }
        self.report([codes::outside_path::report(named, &path, what)]);
        None
    }

    /// Whether a path, with links resolved, is below `folder` or readable from every document.
    pub(crate) fn may_read(&self, path: &Path, folder: &Path) -> bool {
        let (resolved, own) = (self.files.resolved(path), self.files.resolved(folder));
        self.open.iter().chain([&own]).any(|folder| resolved.starts_with(folder))
    }

    /// The tree of a text; `None` if parsing stops early, which has its diagnostic.
    pub(crate) fn parse(&mut self, path: &Path, bytes: &[u8]) -> Option<Node> {
        self.parse_within(path, bytes, &Limits::default())
    }

    fn parse_within(&mut self, path: &Path, bytes: &[u8], limits: &Limits) -> Option<Node> {
        let (_, parsed) = parse_bytes(path.display().to_string(), bytes, &mut self.sources, limits);
        // A truncated tree would cause a second diagnostic for everything that is missing from it.
        let cut_short = parsed.is_cut_short();
        self.diagnostics.extend(parsed.diagnostics);
        parsed.root.filter(|_| !cut_short)
    }

    /// Reports scalars of our documents that older YAML readers read differently. OpenAPI descriptions are exempt:
    /// the author of a composition rarely writes them.
    pub(crate) fn note_ambiguous(&mut self, root: &Node) {
        let Some(file) = self.sources.file(root.span.file) else { return };
        let notes = ambiguous_scalars(root, file.text(), &KEYWORDS);
        self.diagnostics.extend(notes);
    }

    /// Reads and parses a file; errors are those of reading it.
    pub(crate) fn read(&mut self, path: &Path) -> io::Result<Option<Node>> {
        let bytes = self.files.read(path)?;
        Ok(self.parse(path, &bytes))
    }

    /// The operations of an OpenAPI description; `None` if it is not one, which has its diagnostic. Each file is
    /// loaded once per check, however many capabilities documents name it.
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

    /// The tree of an `OpenAPI` description, bundled with the files below its folder that it references.
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

    /// The tree of a file by other authors; large numbers are rounded, as JSON readers round them.
    fn read_foreign(&mut self, path: &Path) -> io::Result<Option<Node>> {
        let bytes = self.files.read(path)?;
        Ok(self.parse_within(path, &bytes, &Limits { exact_numbers: false, ..Limits::default() }))
    }

    /// Whether there is a file at `path`.
    pub(crate) fn exists(&self, path: &Path) -> bool {
        self.files.is_file(path)
    }

    /// The absolute path.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.files.absolute(path)
    }

    /// The folder of `path` and every folder above it, nearest first; relative paths as far as `path` reaches.
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

    /// The diagnostics so far.
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
