//! The check pipeline: load, lower, resolve, bind, type, order, lint, plan.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{Diagnostic, Ignored, SourceMap, has_errors, sort};
use naftiko_plan::Plan;
use naftiko_spec::{Composition, Files, Header, Kind, merge_keys};
use naftiko_syntax::Node;

use crate::codes;
use crate::codes::rules::governance;
use crate::ir::options::Options;
use crate::ir::provider::Provider;
use crate::session::composition;
use crate::session::composition::Session;
use crate::session::fix_text;
use crate::session::plan_gaps::withholds_plan;
use crate::session::rule_selection::AskedFor;
use crate::session::shadowing;
use crate::session::suite;
use crate::session::suite::Suite;
use crate::session::suppression::directive::comments_of;
use crate::session::suppression::sort_out;
use crate::stages::load::Loader;
use crate::stages::providers;

/// The result of checking a document.
#[derive(Debug)]
pub struct Checked {
    /// Every file that was read.
    pub sources: SourceMap,
    /// The findings, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// The kind of the document; `None` if it is not recognized.
    pub kind: Option<Kind>,
    /// The findings that comments ignore, in reading order.
    pub ignored: Vec<Ignored>,
    /// The plan, for a composition without errors whose operations are all described.
    pub plan: Option<Plan>,
    /// The tests, for a test document without errors whose composition has a plan.
    pub suite: Option<Suite>,
}

impl Checked {
    /// Whether the document has errors.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// The first ignored error that leaves a gap in the plan, so that the plan is withheld.
    pub fn withheld_by(&self) -> Option<&Diagnostic> {
        self.ignored.iter().map(|ignored| &ignored.diagnostic).find(|found| withholds_plan(found))
    }
}

/// Checks the document at `path`: a composition, a capabilities document or a test document.
///
/// # Errors
/// If the document itself cannot be read. Every other problem is a diagnostic.
pub fn check(path: &Path, options: &Options, files: &dyn Files) -> std::io::Result<Checked> {
    Ok(examine(path, options, files)?.0)
}

/// Like [`check`], and also returns the providers that were found.
pub(crate) fn examine(
    path: &Path,
    options: &Options,
    files: &dyn Files,
) -> std::io::Result<(Checked, Vec<Rc<Provider>>)> {
    let bytes = files.read(path)?;
    let mut loader = Loader::new(path, options, files);
    let root = loader.parse(path, &bytes);
    let main = loader.sources().files().next();
    let asked_for = main
        .map_or_else(AskedFor::default, |(id, file)| AskedFor::find(file, &comments_of(file, id), options));
    loader.report(asked_for.diagnostics.iter().cloned());
    let Document { kind, plan, suite, provider } = match root {
        Some(root) => document(&root, path, options, &asked_for, &mut loader),
        None => Document::default(),
    };
    let found = std::mem::take(&mut loader.providers).into_values().flatten();
    let providers = provider.map(Rc::new).into_iter().chain(found).collect();
    let (sources, mut diagnostics) = loader.finish();
    fix_text::settle(&mut diagnostics, &sources);
    shadowing::leave_out(&mut diagnostics);
    sort(&mut diagnostics);
    // Parts that several steps share are checked once per step; their findings are equal and reported once.
    diagnostics.dedup();
    let main = sources.files().next().map(|(id, _)| id);
    let mut sorted = sort_out(diagnostics, &sources, main, &codes::all(), &asked_for);
    sort(&mut sorted.kept);
    let (diagnostics, ignored) = (sorted.kept, sorted.ignored);
    let checked = Checked { sources, diagnostics, ignored, kind, plan: None, suite: None };
    let complete = !checked.has_errors() && checked.withheld_by().is_none();
    let checked = Checked { plan: plan.filter(|_| complete), suite: suite.filter(|_| complete), ..checked };
    Ok((checked, providers))
}

/// The results of checking one document, by its kind.
#[derive(Default)]
struct Document {
    kind: Option<Kind>,
    plan: Option<Plan>,
    suite: Option<Suite>,
    /// The provider, for a capabilities document.
    provider: Option<Provider>,
}

fn document(
    root: &Node,
    path: &Path,
    options: &Options,
    asked_for: &AskedFor,
    loader: &mut Loader<'_>,
) -> Document {
    let header = match Header::read(root) {
        Ok(header) => header,
        Err(diagnostic) => {
            loader.report([*diagnostic]);
            return Document::default();
        }
    };
    let merged = merge_keys(root, loader.sources().file(root.span.file).map_or("", |file| file.text()));
    if !merged.is_empty() {
        loader.report(merged);
        return Document { kind: Some(header.kind), ..Document::default() };
    }
    loader.note_ambiguous(root);
    let mut found = Document { kind: Some(header.kind), ..Document::default() };
    match header.kind {
        Kind::Composition => {
            loader.report(codes::literal_secret::find(root, header.kind));
            let (composition, diagnostics) = Composition::lower(root, header.edition);
            loader.report(diagnostics);
            let mut session = Session::new(path, options, asked_for, loader);
            let plan = composition::check(&composition, "", path, &mut session).plan;
            found.plan = plan.map(Arc::unwrap_or_clone);
        }
        Kind::Capabilities => {
            let capabilities = providers::lower(root, header.edition, loader);
            let provider = providers::load(capabilities, root, path, &options.openapi, loader);
            loader.report(providers::check(&provider));
            loader.report(governance::of_provider(&provider, &asked_for.codes));
            found.provider = Some(provider);
        }
        Kind::Test => {
            loader.report(codes::literal_secret::find(root, header.kind));
            found.suite = suite::check(root, path, options, asked_for, loader);
        }
    }
    found
}
