//! Checks a composition together with the sub-compositions that its steps run.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{Diagnostic, Severity, Spanned};
use naftiko_plan::Slot;
use naftiko_spec::{Composition, Edition, Header, Kind, Work, without_dots};

use crate::analyses::inference::Inferrer;
use crate::analyses::model::Model;
use crate::analyses::symbols::Names;
use crate::analyses::taint::sensitive::Sensitives;
use crate::analyses::taint::sources;
use crate::codes;
use crate::codes::rules;
use crate::codes::rules::governance;
use crate::ir::directory::Directory;
use crate::ir::options::Options;
use crate::ir::provider::Provider;
use crate::ir::slots::{Parameter, Slots};
use crate::ir::sub_composition::{Embedded, Opened};
use crate::session::rule_selection::AskedFor;
use crate::stages::load::Loader;
use crate::stages::sub_composition::{summary, too_many_steps};
use crate::stages::{
    addresses, arguments, conditions, lower, message_templates, order, outputs, pagination, polls, providers,
    resolve,
};

/// One check, with every sub-composition that it reaches.
pub(crate) struct Session<'s, 'f> {
    pub(crate) options: &'s Options,
    /// The selected rules, which apply to the main document.
    pub(crate) asked_for: &'s AskedFor,
    pub(crate) loader: &'s mut Loader<'f>,
    /// The compositions that are being checked, from the main one to the innermost.
    open: Vec<Opened>,
    done: BTreeMap<PathBuf, Option<Rc<Embedded>>>,
}

impl<'s, 'f> Session<'s, 'f> {
    /// Starts the check of the composition at `path`.
    pub(crate) fn new(
        path: &Path,
        options: &'s Options,
        asked_for: &'s AskedFor,
        loader: &'s mut Loader<'f>,
    ) -> Self {
        let opened = Opened { key: key(loader, path), name: path.display().to_string(), from: None };
        Self { options, asked_for, loader, open: vec![opened], done: BTreeMap::new() }
    }

    /// The sub-compositions that the steps of the composition at `path` run, one entry per step; `None` for other
    /// steps and for sub-compositions that could not be read.
    pub(crate) fn embedded(&mut self, composition: &Composition, path: &Path) -> Vec<Option<Rc<Embedded>>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        composition
            .steps
            .iter()
            .map(|step| match &step.work {
                Work::Composition(sub) => {
                    let path = self.loader.admitted(&sub.path, folder, "composition")?;
                    self.open(&sub.path, &path)
                }
                _ => None,
            })
            .collect()
    }

    fn open(&mut self, named: &Spanned<String>, path: &Path) -> Option<Rc<Embedded>> {
        let key = key(self.loader, path);
        if let Some(at) = self.open.iter().position(|opened| opened.key == key) {
            let chain = self.open.get(at..).unwrap_or_default();
            let fault = codes::composition_cycle::report(named, chain);
            self.loader.report([fault]);
            return None;
        }
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        if self.open.len() > codes::composition_cycle::DEEPEST {
            self.loader.report([codes::composition_cycle::too_deep(named)]);
            return None;
        }
        self.open.push(Opened { key: key.clone(), name: path.display().to_string(), from: Some(named.span) });
        let embedded = self.read(named, path, "a step runs a composition").map(Rc::new);
        self.open.pop();
        self.done.insert(key, embedded.clone());
        embedded
    }

    /// Reads and checks the composition at a path; `runs` explains the reference in diagnostics.
    pub(crate) fn read(&mut self, named: &Spanned<String>, path: &Path, runs: &str) -> Option<Embedded> {
        let Ok(root) = self.loader.read(path) else {
            self.loader.report([codes::missing_file::report(named, path, "composition")]);
            return None;
        };
        let root = root?;
        let composition = match Header::read(&root) {
            Ok(Header { kind: Kind::Composition, edition }) => {
                let (composition, diagnostics) = Composition::lower(&root, edition);
                self.loader.report(diagnostics);
                composition
            }
            Ok(header) => {
                self.loader.report([codes::wrong_document::not_a_composition(
                    named,
                    &root,
                    header.kind,
                    runs,
                )]);
                return None;
            }
            Err(diagnostic) => {
                self.loader.report([*diagnostic]);
                return None;
            }
        };
        Some(check(&composition, &named.value, path, self))
    }
}

/// Checks a composition: the main one, or one that a step runs. `named` is its path as the step writes it, empty for
/// the main one.
pub(crate) fn check(
    composition: &Composition,
    named: &str,
    path: &Path,
    session: &mut Session<'_, '_>,
) -> Embedded {
    session.loader.report(codes::duplicate_name::find(composition));
    session.loader.report(codes::reserved_id::find(composition));
    let providers = providers::find(composition, path, session.options, session.loader);
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
    model.sensitive = sources::find(&model);
    diagnostics.extend(rules::check(&model));
    diagnostics.extend(addresses::of_webhooks(composition));
    diagnostics.extend(message_templates::check(composition));
    // Governance rules apply to a sub-composition only when it is checked on its own.
    if named.is_empty() {
        diagnostics.extend(governance::check(&model, &session.asked_for.codes));
    }
    let result = outputs::result(composition, &outputs);
    let embedded = summary(named, &model, inputs(composition, &names), result);
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

/// The absolute path without `.` and `..`, so that one file has one key.
fn key(loader: &Loader<'_>, path: &Path) -> PathBuf {
    without_dots(&loader.absolute(path))
}
