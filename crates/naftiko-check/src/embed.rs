//! Compositions that run as steps of others: found, checked once, and refused if they contain themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{Span, Spanned};
use naftiko_expr::{Root, Type};
use naftiko_plan::Plan;
use naftiko_spec::{Composition, Edition, Header, Kind, Purpose, Work, without_dots};

use crate::asked_for::AskedFor;
use crate::check::Options;
use crate::faults;
use crate::lifetime::{self, Lifetime, Slow, slower_of};
use crate::load::Loader;
use crate::model::{Model, Placed};
use crate::resolve::Resolved;
use crate::rules::governance;
use crate::sensitive::{self, SensitiveOutput};
use crate::slots::Slots;

/// A composition as a step sees it.
pub(crate) struct Embedded {
    /// Its path as the step names it.
    pub(crate) path: String,
    /// What it takes.
    pub(crate) inputs: Slots,
    /// What it gives: its outputs by name.
    pub(crate) result: Type,
    /// Its edition: 0.1 has no word for what is sensitive.
    pub(crate) edition: Edition,
    /// Its inputs as it declares them.
    pub(crate) declared: BTreeMap<String, DeclaredInput>,
    /// What it gives that is sensitive.
    pub(crate) sensitive_outputs: Vec<SensitiveOutput>,
    /// What it gives that expires.
    pub(crate) expiring_outputs: Vec<Lifetime>,
    /// What of it takes the most time.
    pub(crate) slowest: Option<Slow>,
    /// What its steps are for.
    pub(crate) purposes: BTreeSet<Purpose>,
    /// How many steps its plan holds, those of the compositions that it runs included.
    pub(crate) steps: usize,
    /// Whether it, or one that it runs, is reported because its plan holds too many steps.
    pub(crate) has_too_many_steps: bool,
    /// Its plan; `None` if it has errors or its operations are not described.
    pub(crate) plan: Option<Arc<Plan>>,
}

impl Embedded {
    /// What is known of a composition that was checked, but for its plan.
    pub(crate) fn new(named: &str, model: &Model<'_>, inputs: Slots, result: Type) -> Self {
        let steps = model.composition.steps.len().saturating_add(nested_steps(model.steps));
        let runs_others = model.steps.iter().any(|step| matches!(step, Resolved::Composition(_)));
        Self {
            path: named.to_owned(),
            inputs,
            result,
            edition: model.composition.edition,
            declared: declared(model),
            sensitive_outputs: sensitive::outputs(model),
            expiring_outputs: lifetime::outputs(model),
            slowest: lifetime::slowest(model),
            purposes: governance::purposes(model),
            steps,
            has_too_many_steps: runs_others && steps > faults::composition_cycle::MOST_STEPS,
            plan: None,
        }
    }
}

/// How many steps the compositions hold that steps run, each as often as it is run.
fn nested_steps(steps: &[Resolved]) -> usize {
    let nested = steps.iter().map(|step| match step {
        Resolved::Composition(embedded) => embedded.steps,
        _ => 0,
    });
    nested.fold(0, usize::saturating_add)
}

/// The first step that runs a composition with which a plan holds too many steps; none where that is reported in one of
/// these compositions.
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
        (held > faults::composition_cycle::MOST_STEPS).then_some(&sub.path)
    })
}

/// An input of a composition that runs as a step.
pub(crate) struct DeclaredInput {
    /// Where it is declared.
    pub(crate) span: Span,
    /// Whether it is said to be sensitive.
    pub(crate) sensitive: bool,
    /// The providers that are sent it: the first two of them tell whether one is sent it beside any other.
    pub(crate) sent_to: BTreeSet<String>,
    /// What takes the most time before it has been used.
    pub(crate) used_after: Option<Slow>,
}

/// The inputs of a composition as it declares them, with where they get to.
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
    for ((position, step), slow) in steps.zip(lifetime::slow_by_then(model)) {
        for placed in model.expressions_of(position, step) {
            declared.note(&placed, &BTreeSet::new(), slow);
        }
    }
    for handed in model.handed_down() {
        declared.note(&handed.placed, &handed.input.sent_to, handed.input.used_after);
    }
    declared.finish()
}

/// The inputs of a composition that is being looked through.
#[derive(Default)]
struct Declared {
    by_name: BTreeMap<String, DeclaredInput>,
    /// Where all inputs as one get to.
    sent_to: BTreeSet<String>,
    used_after: Option<Slow>,
}

impl Declared {
    /// Notes where every input gets to that gets into the value of an expression.
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

/// Adds the receivers of a value to others, and retains the first two.
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

/// A composition that is being checked.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Where it is, whatever it was called.
    key: PathBuf,
    /// What people call it.
    pub(crate) name: String,
    /// Where a step names it; `None` for the one that was asked for.
    pub(crate) from: Option<Span>,
}

/// One check, with all compositions that it comes across.
pub(crate) struct Session<'s, 'f> {
    pub(crate) options: &'s Options,
    /// The rules that the document that is checked is held to besides.
    pub(crate) asked_for: &'s AskedFor,
    pub(crate) loader: &'s mut Loader<'f>,
    /// The one that is asked for and those that run within each other, outermost first.
    open: Vec<Opened>,
    done: BTreeMap<PathBuf, Option<Rc<Embedded>>>,
}

impl<'s, 'f> Session<'s, 'f> {
    /// The check of the composition at `path`.
    pub(crate) fn new(
        path: &Path,
        options: &'s Options,
        asked_for: &'s AskedFor,
        loader: &'s mut Loader<'f>,
    ) -> Self {
        let opened = Opened { key: key(loader, path), name: path.display().to_string(), from: None };
        Self { options, asked_for, loader, open: vec![opened], done: BTreeMap::new() }
    }

    /// The compositions that the steps of the one at `path` run, a place for each step.
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
            let fault = faults::composition_cycle::report(named, chain);
            self.loader.report([fault]);
            return None;
        }
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        if self.open.len() > faults::composition_cycle::DEEPEST {
            self.loader.report([faults::composition_cycle::too_deep(named)]);
            return None;
        }
        self.open.push(Opened { key: key.clone(), name: path.display().to_string(), from: Some(named.span) });
        let embedded = self.read(named, path, "a step runs a composition").map(Rc::new);
        self.open.pop();
        self.done.insert(key, embedded.clone());
        embedded
    }

    /// The composition at a path, checked; `runs` says what it is for.
    pub(crate) fn read(&mut self, named: &Spanned<String>, path: &Path, runs: &str) -> Option<Embedded> {
        let Ok(root) = self.loader.read(path) else {
            self.loader.report([faults::missing_file::report(named, path, "composition")]);
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
                self.loader.report([faults::wrong_document::not_a_composition(
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
        Some(crate::check::composition(&composition, &named.value, path, self))
    }
}

/// The path from the root, without `.` and `..`: two ways to one file are one.
fn key(loader: &Loader<'_>, path: &Path) -> PathBuf {
    without_dots(&loader.absolute(path))
}
