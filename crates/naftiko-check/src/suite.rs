//! Tests of a composition: their names and values, checked against the composition.
//!
//! Nothing is run here, so the result of a test is not known.

mod expectations;
mod inputs;
mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_expr::Type;
use naftiko_plan::{Action, Plan, Step};
use naftiko_spec::{Expectation, Given, Test, TestDocument};
use naftiko_syntax::Node;
use serde_json::{Map, Value};

use crate::asked_for::AskedFor;
use crate::check::Options;
use crate::embed::{Embedded, Session};
use crate::faults;
use crate::fit::misfits;
use crate::limits;
use crate::load::Loader;
use crate::written::Written;

pub use script::Scripted;

/// Tests that can be run.
#[derive(Debug)]
pub struct Suite {
    /// The path of the tested composition.
    pub composition: PathBuf,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// The script for the mock in every test.
    pub script: Scripted,
    /// The tests, in order.
    pub trials: Vec<Trial>,
}

/// One test: what a run is given, and the expected result.
#[derive(Debug)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// The inputs, defaults included.
    pub inputs: Map<String, Value>,
    /// Answers to steps that are done outside.
    pub answers: IndexMap<String, Value>,
    /// The script for the mock.
    pub script: Scripted,
    /// The expected result.
    pub expect: Expectation,
}

/// Checks a test document, and the composition it tests.
pub(crate) fn check(
    root: &Node,
    path: &Path,
    options: &Options,
    asked_for: &AskedFor,
    loader: &mut Loader<'_>,
) -> Option<Suite> {
    let (document, diagnostics) = TestDocument::lower(root);
    loader.report(diagnostics);
    loader.report(faults::duplicate_name::of_tests(&document));
    let named = document.composition.as_ref()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let composition = loader.admitted(named, folder, "composition")?;
    let mut session = Session::new(&composition, options, asked_for, loader);
    let tested = session.read(named, &composition, "a test runs a composition")?;
    // Without a plan nothing is known for certain, and the composition says why there is none.
    let plan = Arc::new(tested.plan.clone()?);
    let mut context = Context { tested: &tested, plan: &plan, folder, files: BTreeMap::new() };
    let trials = document.tests.iter().map(|test| context.trial(test, loader)).collect();
    let mut diagnostics = Vec::new();
    let script = script::resolve(&document.mock, &plan, loader, &mut diagnostics);
    loader.report(diagnostics);
    Some(Suite { composition, plan, script, trials })
}

/// What tests are held against.
struct Context<'a> {
    tested: &'a Embedded,
    plan: &'a Plan,
    folder: &'a Path,
    /// Files of inputs that were read, by path; nothing for one that cannot be.
    files: BTreeMap<PathBuf, Option<Vec<Given>>>,
}

impl Context<'_> {
    fn trial(&mut self, test: &Test, loader: &mut Loader<'_>) -> Trial {
        let inputs = self.inputs(test, loader);
        let mut diagnostics = Vec::new();
        let answers = test.answers.iter();
        let answers = answers.map(|given| {
            diagnostics.extend(self.answer(given));
            (given.name.value.clone(), given.value.json.clone())
        });
        let answers = answers.collect();
        let script = script::resolve(&test.mock, self.plan, loader, &mut diagnostics);
        diagnostics.extend(expectations::check(
            &test.expect,
            self.plan,
            &script::operations(self.plan, loader),
        ));
        loader.report(diagnostics);
        Trial { name: test.name.value.clone(), inputs, answers, script, expect: test.expect.clone() }
    }

    /// What is wrong with the answer to a step.
    fn answer(&self, given: &Given) -> Vec<Diagnostic> {
        let outside = || {
            let external = |step: &&Step| matches!(step.action, Action::External(_));
            self.plan.steps.iter().filter(external).map(|step| step.id.as_str()).collect::<Vec<_>>()
        };
        match step_of(self.plan, &given.name.value).map(|step| &step.action) {
            None => vec![faults::unknown_name::report("step", &given.name, &outside())],
            Some(Action::Invoke(_) | Action::Composition(_)) => {
                vec![faults::unknown_name::not_outside(&given.name, &outside())]
            }
            Some(Action::External(external)) => {
                let Some(schema) = &external.result else { return Vec::new() };
                let ty = Type::from_own_schema(schema);
                let written = written(given);
                let name = &given.name.value;
                let found = misfits(&ty, &written, name);
                let mistaken: Vec<_> = found.iter().map(crate::fit::Misfit::place).collect();
                let broken = limits::broken(
                    schema,
                    &Map::new(),
                    naftiko_schema::Options::STRICT,
                    &written,
                    name,
                    &mistaken,
                );
                let misfits = found.iter().map(|misfit| faults::unfit_answer::misfit(misfit, name, None));
                let broken = broken.iter().map(|broken| faults::unfit_answer::broken(broken, name, None));
                misfits.chain(broken).collect()
            }
        }
    }
}

/// A given value, each part with its type.
fn written(given: &Given) -> Written<'_> {
    written_literal(&given.value)
}

/// A literal, each part with its type.
fn written_literal(literal: &naftiko_spec::Literal) -> Written<'_> {
    let scalars = literal.value.scalars();
    let mut types =
        scalars.iter().map(|(template, _)| template.as_literal().map_or(Type::Any, Type::of_value));
    Written::new(&literal.value, literal.key, &mut types)
}

/// The step that a name stands for, in a plan or in one within it: `step`, `step[2]`, `outer/inner`.
fn step_of<'a>(plan: &'a Plan, name: &str) -> Option<&'a Step> {
    let name = match name.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
        Some((of, index)) if index.parse::<u32>().is_ok() => of,
        _ => name,
    };
    let Some((outer, inner)) = name.rsplit_once('/') else { return plan.step(name) };
    match &step_of(plan, outer)?.action {
        Action::Composition(embedded) => embedded.plan.step(inner),
        Action::Invoke(_) | Action::External(_) => None,
    }
}

/// A name that there is not among those that there are.
fn unknown(what: &str, named: &Spanned<String>, names: &[&str]) -> Diagnostic {
    faults::unknown_name::report(what, named, names)
}
