//! The check pipeline: load, lower, resolve, bind, type, order, lint, plan.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{Code, Diagnostic, Ignored, Severity, SourceMap, has_errors, sort};
use naftiko_plan::{Plan, Slot};
use naftiko_spec::{Composition, Edition, Files, Header, Kind, merge_keys};
use naftiko_syntax::Node;

use crate::analyses::inference::Inferrer;
use crate::analyses::model::Model;
use crate::analyses::symbols::Names;
use crate::analyses::taint::sources;
use crate::analyses::taint::sources::Sensitives;
use crate::codes;
use crate::codes::rules;
use crate::codes::rules::governance;
use crate::ir::directory::Directory;
use crate::ir::provider::{self, Provider};
use crate::ir::slots::Slots;
use crate::session::fix_text;
use crate::session::plan_gaps::withholds_plan;
use crate::session::rule_selection::AskedFor;
use crate::session::shadowing;
use crate::session::suite;
use crate::session::suite::Suite;
use crate::session::suppression::{comments_of, sort_out};
use crate::stages::addresses;
use crate::stages::arguments;
use crate::stages::conditions;
use crate::stages::load::Loader;
use crate::stages::lower;
use crate::stages::message_templates;
use crate::stages::order;
use crate::stages::outputs;
use crate::stages::pagination;
use crate::stages::polls;
use crate::stages::resolve;
use crate::stages::resolve::Parameter;
use crate::stages::sub_composition::{Embedded, Session, too_many_steps};

/// Settings of a check, beyond the path of the document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A capabilities document, or a folder of them, in place of the one that the composition would find.
    pub capabilities: Option<PathBuf>,
    /// OpenAPI descriptions, in place of those that the capabilities document names.
    pub openapi: Vec<PathBuf>,
    /// Files, and folders with everything below them, that documents may name in addition to the files below their
    /// own folders.
    pub allowed_files: Vec<PathBuf>,
    /// Rules that are off by default and apply in this check; [`rules`](crate::rules()) looks them up by name.
    pub rules: Vec<&'static Code>,
}

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
            let plan = self::composition(&composition, "", path, &mut session).plan;
            found.plan = plan.map(Arc::unwrap_or_clone);
        }
        Kind::Capabilities => {
            let capabilities = provider::lower(root, header.edition, loader);
            let provider = Provider::load(capabilities, root, path, &options.openapi, loader);
            loader.report(provider.check());
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

/// Checks a composition: the main one, or one that a step runs. `named` is its path as the step writes it, empty for
/// the main one.
pub(crate) fn composition(
    composition: &Composition,
    named: &str,
    path: &Path,
    session: &mut Session<'_, '_>,
) -> Embedded {
    session.loader.report(codes::duplicate_name::find(composition));
    session.loader.report(codes::reserved_id::find(composition));
    let providers = Provider::find(composition, path, session.options, session.loader);
    session.loader.report(codes::duplicate_provider::find(&providers));
    let parts = session.embedded(composition, path);
    let mut diagnostics = Vec::new();
    diagnostics.extend(too_many_steps(composition, &parts).map(codes::composition_cycle::too_many));
    let directory = Directory::new(&providers);
    let mut steps = resolve::steps(composition, &directory, &parts, &mut diagnostics);
    pagination::settle(composition, &mut steps, &mut diagnostics);
    let undoings = resolve::undoings(composition, &directory, &mut diagnostics);
    let names = Names::new(composition, &steps);
    let inferrer = Inferrer::new(composition, &steps, &names);
    let sources = session.loader.sources();
    let mut bound =
        arguments::bind(composition, &steps, &undoings, &names, &inferrer, sources, &mut diagnostics);
    conditions::check(composition, &steps, &names, &mut bound, &mut diagnostics);
    let outputs = outputs::check(composition, &names, &mut diagnostics);
    let order = order::find(composition, &bound, &names, &mut diagnostics);
    let waits = match composition.edition {
        Edition::V0_1 => polls::infer(composition, &steps, &bound, &names, &mut diagnostics),
        Edition::V0_2 => polls::declared(composition, &steps, &mut diagnostics),
    };
    let sound = !session.loader.diagnostics().iter().chain(&diagnostics).any(leaves_unread);
    let mut model = Model {
        composition,
        providers: &providers,
        provider_positions: provider_positions(&providers),
        steps: &steps,
        undoings: &undoings,
        bound: &bound,
        order: &order,
        waits: &waits,
        inferrer: &inferrer,
        sources: session.loader.sources(),
        sensitive: Sensitives::default(),
        reachability: OnceCell::new(),
        sound,
    };
    model.sensitive = sources::sources(&model);
    diagnostics.extend(rules::check(&model));
    diagnostics.extend(addresses::of_webhooks(composition));
    diagnostics.extend(message_templates::check(composition));
    // Governance rules apply to a sub-composition only when it is checked on its own.
    if named.is_empty() {
        diagnostics.extend(governance::check(&model, &session.asked_for.codes));
    }
    let result = outputs::result(composition, &outputs);
    let embedded = Embedded::new(named, &model, inputs(composition, &names), result);
    let sensitive = model.sensitive;
    session.loader.report(diagnostics);
    let parts = lower::Parts {
        composition,
        providers: &providers,
        steps: &steps,
        undoings: &undoings,
        bound,
        outputs,
        order,
        waits,
        sensitive,
    };
    let plan = lower::plan(&parts, session.loader.sources());
    Embedded { plan: plan.map(Arc::new), ..embedded }
}

/// The position of the first provider with each id.
fn provider_positions(providers: &[Rc<Provider>]) -> BTreeMap<&str, usize> {
    let mut positions = BTreeMap::new();
    for (position, provider) in providers.iter().enumerate() {
        positions.entry(provider.id.as_str()).or_insert(position);
    }
    positions
}

/// The inputs that a composition takes when a step runs it, as slots.
fn inputs(composition: &Composition, names: &Names<'_>) -> Slots {
    let inputs = composition.inputs.iter().filter_map(|input| {
        let required = input.required && input.default.is_none();
        let name = &input.name.value;
        let (slot, ty) = (Slot::Property(name.clone()), names.input(name)?.ty);
        Some(Parameter { slot, ty, schema: Some(input.schema.clone()), required })
    });
    Slots::new(inputs.collect())
}

/// Whether a finding may be the reason why something seems unused: an error, or a text that was meant as a reference.
fn leaves_unread(found: &Diagnostic) -> bool {
    found.severity() == Severity::Error
        || matches!(found.code.id, "unmarked-reference" | "literal-template" | "unfit-input")
}
