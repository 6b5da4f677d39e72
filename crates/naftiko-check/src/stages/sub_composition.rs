//! Sub-compositions: found, checked once each, and rejected if they contain themselves or grow too large.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{Span, Spanned};
use naftiko_expr::{Root, Type};
use naftiko_plan::Plan;
use naftiko_spec::{Composition, Edition, Header, Kind, Purpose, Work, without_dots};

use crate::analyses::expiry::{self, Lifetime, Slow, slower_of};
use crate::analyses::model::{Model, Placed};
use crate::analyses::taint::sources::{self, SensitiveOutput};
use crate::codes;
use crate::codes::rules::governance;
use crate::ir::slots::Slots;
use crate::session::check::Options;
use crate::session::rule_selection::AskedFor;
use crate::stages::load::Loader;
use crate::stages::resolve::Resolved;

/// A sub-composition, as the step that runs it sees it.
pub(crate) struct Embedded {
    /// The path, as the step writes it.
    pub(crate) path: String,
    /// The inputs, as slots.
    pub(crate) inputs: Slots,
    /// The type of the result: an object of the outputs.
    pub(crate) result: Type,
    /// The edition; 0.1 cannot mark inputs and outputs as sensitive.
    pub(crate) edition: Edition,
    /// The inputs by name, with how they are used.
    pub(crate) declared: BTreeMap<String, DeclaredInput>,
    /// The sensitive parts of the outputs.
    pub(crate) sensitive_outputs: Vec<SensitiveOutput>,
    /// The parts of the outputs that expire.
    pub(crate) expiring_outputs: Vec<Lifetime>,
    /// The slowest step; `None` if none is slow.
    pub(crate) slowest: Option<Slow>,
    /// The purposes of the steps.
    pub(crate) purposes: BTreeSet<Purpose>,
    /// The number of steps in the plan, including those of nested sub-compositions.
    pub(crate) steps: usize,
    /// Whether this composition or a nested one is reported because its plan has too many steps.
    pub(crate) has_too_many_steps: bool,
    /// The plan; `None` if the composition has errors or some operation has no description.
    pub(crate) plan: Option<Arc<Plan>>,
}

impl Embedded {
    /// The results of checking a composition, without its plan.
    pub(crate) fn new(named: &str, model: &Model<'_>, inputs: Slots, result: Type) -> Self {
        let steps = model.composition.steps.len().saturating_add(nested_steps(model.steps));
        let runs_others = model.steps.iter().any(|step| matches!(step, Resolved::Composition(_)));
        Self {
            path: named.to_owned(),
            inputs,
            result,
            edition: model.composition.edition,
            declared: declared(model),
            sensitive_outputs: sources::outputs(model),
            expiring_outputs: expiry::outputs(model),
            slowest: expiry::slowest(model),
            purposes: governance::purposes(model),
            steps,
            has_too_many_steps: runs_others && steps > codes::composition_cycle::MOST_STEPS,
            plan: None,
        }
    }
}

/// The total number of steps in sub-compositions, counted once per step that runs them.
fn nested_steps(steps: &[Resolved]) -> usize {
    let nested = steps.iter().map(|step| match step {
        Resolved::Composition(embedded) => embedded.steps,
        _ => 0,
    });
    nested.fold(0, usize::saturating_add)
}

/// The first step whose sub-composition makes the plan exceed the maximum number of steps; `None` if that is already
/// reported in a nested composition.
pub(crate) fn too_many_steps<'c>(
    composition: &'c Composition,
    embedded: &[Option<Rc<Embedded>>],
) -> Option<&'c Spanned<String>> {
    if embedded.iter().flatten().any(|embedded| embedded.has_too_many_steps) {
        return None;
    }
    let mut held = composition.steps.len();
    composition.steps.iter().zip(embedded).find_map(|(step, embedded)| {
        let Work::Composition(sub) = &step.work else { return None };
        held = held.saturating_add(embedded.as_ref()?.steps);
        (held > codes::composition_cycle::MOST_STEPS).then_some(&sub.path)
    })
}

/// An input of a sub-composition.
pub(crate) struct DeclaredInput {
    /// The place of the declaration.
    pub(crate) span: Span,
    /// Whether the input is declared sensitive.
    pub(crate) sensitive: bool,
    /// The ids of the providers that receive the input, at most two: enough to decide whether a given provider is the
    /// only receiver.
    pub(crate) sent_to: BTreeSet<String>,
    /// The slowest work before the last use of the input.
    pub(crate) used_after: Option<Slow>,
}

/// The declared inputs of a composition, with the providers that receive them and the time until their use.
fn declared(model: &Model<'_>) -> BTreeMap<String, DeclaredInput> {
    let mut declared = Declared::default();
    for input in &model.composition.inputs {
        let (span, sensitive) = (input.name.span, input.sensitive);
        let nowhere = DeclaredInput { span, sensitive, sent_to: BTreeSet::new(), used_after: None };
        declared.by_name.entry(input.name.value.clone()).or_insert(nowhere);
    }
    for request in model.requests() {
        for placed in request.arguments.iter().flat_map(|argument| request.expressions(argument)) {
            let receiver = &request.resolution.operation.provider;
            declared.note(&placed, &BTreeSet::from([receiver.clone()]), None);
        }
    }
    let steps = model.composition.steps.iter().enumerate();
    for ((position, step), slow) in steps.zip(expiry::slow_by_then(model)) {
        for placed in model.expressions_of(position, step) {
            declared.note(&placed, &BTreeSet::new(), slow);
        }
    }
    for handed in model.handed_down() {
        declared.note(&handed.placed, &handed.input.sent_to, handed.input.used_after);
    }
    declared.finish()
}

/// Collects the uses of a composition's inputs.
#[derive(Default)]
struct Declared {
    by_name: BTreeMap<String, DeclaredInput>,
    /// The receivers of the object of all inputs.
    sent_to: BTreeSet<String>,
    used_after: Option<Slow>,
}

impl Declared {
    /// Records a use of each input that flows into the value of an expression.
    fn note(&mut self, placed: &Placed<'_>, sent_to: &BTreeSet<String>, used_after: Option<Slow>) {
        for carried in placed.carried().iter().filter(|carried| carried.root == Root::Inputs) {
            match carried.path.first() {
                Some(name) => {
                    if let Some(input) = self.by_name.get_mut(name) {
                        add_receivers(&mut input.sent_to, sent_to);
                        input.is_used_after(used_after);
                    }
                }
                None => {
                    add_receivers(&mut self.sent_to, sent_to);
                    self.used_after = slower_of([self.used_after, used_after].into_iter().flatten());
                }
            }
        }
    }

    fn finish(mut self) -> BTreeMap<String, DeclaredInput> {
        for input in self.by_name.values_mut() {
            add_receivers(&mut input.sent_to, &self.sent_to);
            input.is_used_after(self.used_after);
        }
        self.by_name
    }
}

/// Adds receivers, and retains the first two in total.
fn add_receivers(receivers: &mut BTreeSet<String>, more: &BTreeSet<String>) {
    receivers.extend(more.iter().take(2).cloned());
    while receivers.len() > 2 {
        receivers.pop_last();
    }
}

impl DeclaredInput {
    fn is_used_after(&mut self, slow: Option<Slow>) {
        self.used_after = slower_of([self.used_after, slow].into_iter().flatten());
    }
}

/// A composition that is currently being checked.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The normalized absolute path, which identifies the file.
    key: PathBuf,
    /// The path for display.
    pub(crate) name: String,
    /// The place where a step names it; `None` for the main composition.
    pub(crate) from: Option<Span>,
}

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
        Some(crate::session::check::composition(&composition, &named.value, path, self))
    }
}

/// The absolute path without `.` and `..`, so that one file has one key.
fn key(loader: &Loader<'_>, path: &Path) -> PathBuf {
    without_dots(&loader.absolute(path))
}
