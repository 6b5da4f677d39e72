//! What a test expects, against the names of what it tests.

use indexmap::IndexSet;
use naftiko_adapter::Method;
use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Field, ObjectType, Presence, Root, Scope, Type, Typed};
use naftiko_plan::Plan;
use naftiko_spec::{Expectation, locate};
use serde_json::{Map, Value, json};

use super::{step_of, unknown};

/// What undoes a step is called by this behind the name of the step.
const UNDOING: &str = ":compensate";

/// What is wrong with the names and the expressions of an expectation. `operations` are those that there are, by id.
pub(super) fn check(expect: &Expectation, plan: &Plan, operations: &IndexSet<String>) -> Vec<Diagnostic> {
    let scope = Names::new(plan, operations);
    let mut diagnostics = Vec::new();
    let outputs: Vec<&str> = plan.outputs.iter().map(|output| output.name.as_str()).collect();
    for (name, value) in &expect.outputs {
        if !outputs.contains(&name.value.as_str()) {
            diagnostics.push(unknown("output", name, &outputs));
        }
        for (template, node) in value.scalars() {
            let problems = template.type_in(&scope).1;
            diagnostics.extend(
                problems.into_iter().map(|problem| problem.into_diagnostic(&|range| locate(node, range))),
            );
        }
    }
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    for (name, _) in &expect.steps {
        let of = name.value.strip_suffix(UNDOING);
        let is_known = match (of, step_of(plan, of.unwrap_or(&name.value))) {
            (Some(_), Some(step)) => step.compensate.is_some(),
            (None, found) => found.is_some(),
            (Some(_), None) => false,
        };
        if !is_known {
            diagnostics.push(unknown("step", name, &steps));
        }
    }
    for condition in &expect.assertions {
        let problems = condition.expression.condition_in(&scope).1;
        diagnostics.extend(
            problems
                .into_iter()
                .map(|problem| problem.into_diagnostic(&|range| locate(&condition.node, range))),
        );
    }
    diagnostics
}

/// The names that the expressions of a test know.
struct Names<'a> {
    plan: &'a Plan,
    inputs: Type,
    outputs: Type,
    requests: Type,
}

impl<'a> Names<'a> {
    fn new(plan: &'a Plan, operations: &IndexSet<String>) -> Self {
        let properties: Map<String, Value> =
            plan.inputs.iter().map(|input| (input.name.clone(), input.schema.clone())).collect();
        let inputs = json!({"type": "object", "properties": properties});
        let any = Field { ty: Type::Any, presence: Presence::Maybe };
        let outputs = plan.outputs.iter().map(|output| (output.name.clone(), any.clone()));
        let methods = Method::ALL.into_iter().map(|method| method.as_str().to_owned()).collect();
        let request = ["step", "operation", "method", "path", "query", "headers", "body"];
        let request = request.into_iter().map(|name| {
            let ty = match name {
                "operation" => Type::String(Some(operations.clone())),
                "method" => Type::String(Some(IndexSet::clone(&methods))),
                _ => Type::Any,
            };
            (name.to_owned(), Field { ty, presence: Presence::Maybe })
        });
        let object = |fields| Type::Object(ObjectType { fields, ..ObjectType::default() });
        Self {
            plan,
            inputs: Type::from_own_schema(&inputs),
            outputs: object(outputs.collect()),
            requests: Type::list(object(request.collect())),
        }
    }
}

impl Scope for Names<'_> {
    fn root(&self, root: &Root) -> Option<Typed> {
        match root {
            Root::Inputs => Some(Typed::always(self.inputs.clone())),
            Root::Run => Some(Typed::always(Type::Any)),
            Root::Step(name) if name == "outputs" => Some(Typed::always(self.outputs.clone())),
            Root::Step(name) if name == "requests" => Some(Typed::always(self.requests.clone())),
            Root::Step(name) => self.plan.step(name).map(|_| Typed::maybe(Type::Any)),
            _ => None,
        }
    }

    fn step_ids(&self) -> Vec<String> {
        let steps = self.plan.steps.iter().map(|step| step.id.clone());
        steps.chain(["outputs".to_owned(), "requests".to_owned()]).collect()
    }
}
