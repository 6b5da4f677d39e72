//! Checks the tests of a composition: their names and values, against the composition.
//!
//! Nothing is run here, so the outcome of a test is not known.

mod expectations;
mod inputs;
mod script;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, NameIndex};
use naftiko_expr::Type;
use naftiko_plan::{Action, Plan, Step};
use naftiko_spec::{Expectation, Given, Test, TestDocument};
use naftiko_syntax::Node;
use serde_json::{Map, Value};

use crate::analyses::constraints;
use crate::analyses::type_match::misfits;
use crate::analyses::typed_value::Written;
use crate::codes;
use crate::ir::missing_names::NameBudget;
use crate::ir::options::Options;
use crate::ir::sub_composition::Embedded;
use crate::session::composition::Session;
use crate::session::rule_selection::AskedFor;
use crate::stages::load::Loader;

pub use script::Scripted;

/// Tests that can be run.
#[derive(Debug)]
pub struct Suite {
    /// The path of the tested composition.
    pub composition: PathBuf,
    /// The plan of the composition.
    pub plan: Arc<Plan>,
    /// The script for the mock in every test.
    pub script: Scripted,
    /// The tests, in order.
    pub trials: Vec<Trial>,
}

/// One test: the inputs of a run, and the expected result.
#[derive(Debug)]
pub struct Trial {
    /// The name of the test.
    pub name: String,
    /// The inputs, including defaults.
    pub inputs: Map<String, Value>,
    /// The answers to external steps, by the name of the step.
    pub answers: IndexMap<String, Value>,
    /// The script for the mock in this test.
    pub script: Scripted,
    /// The expected result.
    pub expect: Expectation,
}

/// Checks a test document and the composition that it tests; `None` if the tests cannot be run.
pub(crate) fn check(
    root: &Node,
    path: &Path,
    options: &Options,
    asked_for: &AskedFor,
    loader: &mut Loader<'_>,
) -> Option<Suite> {
    let (document, diagnostics) = TestDocument::lower(root);
    loader.report(diagnostics);
    loader.report(codes::duplicate_name::of_tests(&document));
    let named = document.composition.as_ref()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let composition = loader.admitted(named, folder, "composition")?;
    let mut session = Session::new(&composition, options, asked_for, loader);
    let tested = session.read(named, &composition, "a test runs a composition")?;
    // Without a plan nothing is certain; findings in the composition explain why there is none.
    let plan = Arc::clone(tested.plan.as_ref()?);
    let known = script::Known::new(&plan, loader);
    let names = PlanNames::new(&plan);
    let mut context = Context {
        tested: &tested,
        expected: expectations::Names::new(&names, &known.all()),
        names: &names,
        plan: &plan,
        folder,
        listed: NameBudget::default(),
        files: BTreeMap::new(),
    };
    let trials = document.tests.iter().map(|test| context.trial(test, &known, loader)).collect();
    let mut diagnostics = Vec::new();
    let script = script::resolve(&document.mock, &known, &mut diagnostics);
    loader.report(diagnostics);
    Some(Suite { composition, plan, script, trials })
}

/// The composition that tests are checked against, with its names.
struct Context<'a> {
    tested: &'a Embedded,
    plan: &'a Plan,
    names: &'a PlanNames<'a>,
    /// The names that expectations may use.
    expected: expectations::Names<'a>,
    folder: &'a Path,
    /// The missing names that the tests may still list one by one.
    listed: NameBudget,
    /// Input files by path; `None` for a file that could not be read.
    files: BTreeMap<PathBuf, Option<Vec<Given>>>,
}

impl Context<'_> {
    fn trial(&mut self, test: &Test, known: &script::Known<'_>, loader: &mut Loader<'_>) -> Trial {
        let inputs = self.inputs(test, loader);
        let mut diagnostics = Vec::new();
        let answers = test.answers.iter();
        let answers = answers.map(|given| {
            diagnostics.extend(self.answer(given));
            (given.name.value.clone(), given.value.json.clone())
        });
        let answers = answers.collect();
        let script = script::resolve(&test.mock, known, &mut diagnostics);
        diagnostics.extend(expectations::check(&test.expect, &self.expected));
        loader.report(diagnostics);
        Trial { name: test.name.value.clone(), inputs, answers, script, expect: test.expect.clone() }
    }

    /// Checks the answer to an external step.
    fn answer(&self, given: &Given) -> Vec<Diagnostic> {
        match self.names.step(&given.name.value).map(|step| &step.action) {
            None => vec![codes::unknown_name::report("step", &given.name, &self.names.outside)],
            Some(Action::Invoke(_) | Action::Composition(_)) => {
                vec![codes::unknown_name::not_outside(&given.name, self.names.outside.names())]
            }
            Some(Action::External(external)) => {
                let Some(schema) = &external.result else { return Vec::new() };
                let ty = Type::from_own_schema(schema);
                let written = written(given);
                let name = &given.name.value;
                let misfits = misfits(&ty, &written, name, &self.listed);
                let broken = constraints::broken(
                    schema,
                    &Map::new(),
                    naftiko_schema::Options::STRICT,
                    &written,
                    name,
                    &misfits.mistakes(),
                );
                let misfits =
                    misfits.found.iter().map(|misfit| codes::unfit_answer::misfit(misfit, name, None));
                let broken = broken.iter().map(|broken| codes::unfit_answer::broken(broken, name, None));
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

/// The names of a plan, indexed once for all tests.
struct PlanNames<'a> {
    plan: &'a Plan,
    /// Steps by id, for each plan that was searched, by the address of the plan.
    steps: RefCell<HashMap<usize, Rc<StepsById<'a>>>>,
    all: NameIndex<&'a str>,
    /// The ids of external steps.
    outside: NameIndex<&'a str>,
    inputs: NameIndex<&'a str>,
    outputs: NameIndex<&'a str>,
}

type StepsById<'a> = HashMap<&'a str, &'a Step>;

impl<'a> PlanNames<'a> {
    fn new(plan: &'a Plan) -> Self {
        let external = |step: &&Step| matches!(step.action, Action::External(_));
        let id = |step: &'a Step| step.id.as_str();
        Self {
            plan,
            steps: RefCell::default(),
            all: NameIndex::new(plan.steps.iter().map(id)),
            outside: NameIndex::new(plan.steps.iter().filter(external).map(id)),
            inputs: NameIndex::new(plan.inputs.iter().map(|input| input.name.as_str())),
            outputs: NameIndex::new(plan.outputs.iter().map(|output| output.name.as_str())),
        }
    }

    /// The step with a name, in the plan or in that of a sub-composition: `step`, `step[2]`, `outer/inner`.
    fn step(&self, name: &str) -> Option<&'a Step> {
        let mut parts = name.split('/').map(without_index);
        let mut step = self.in_plan(self.plan, parts.next()?)?;
        for part in parts {
            let Action::Composition(embedded) = &step.action else { return None };
            step = self.in_plan(&embedded.plan, part)?;
        }
        Some(step)
    }

    fn in_plan(&self, plan: &'a Plan, id: &str) -> Option<&'a Step> {
        let key = std::ptr::from_ref(plan).addr();
        let mut known = self.steps.borrow_mut();
        let by_id = known.entry(key).or_insert_with(|| {
            let mut by_id = StepsById::new();
            for step in &plan.steps {
                by_id.entry(step.id.as_str()).or_insert(step);
            }
            Rc::new(by_id)
        });
        by_id.get(id).copied()
    }
}

/// The name of a step without the index of an item.
fn without_index(name: &str) -> &str {
    match name.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
        Some((of, index)) if index.parse::<u32>().is_ok() => of,
        _ => name,
    }
}
