//! Checks the expectations of a test against the names of the tested composition.

use std::sync::Arc;

use indexmap::IndexSet;
use naftiko_adapter::Method;
use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Field, ObjectType, Presence, Root, Scope, Suggestions, Type, Typed};
use naftiko_spec::{Expectation, locate};
use serde_json::{Map, Value, json};

use super::PlanNames;
use crate::codes;

/// The suffix that turns the name of a step into the name of its compensation.
const UNDOING: &str = ":compensate";

/// Reports the unknown names and the wrong expressions in an expectation.
pub(super) fn check(expect: &Expectation, scope: &Names<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let names = scope.of_plan;
    for (name, value) in &expect.outputs {
        if !scope.has_output(&name.value) {
            diagnostics.push(codes::unknown_name::report("output", name, &names.outputs));
        }
        for (template, node) in value.scalars() {
            let problems = template.type_in(scope).1;
            diagnostics.extend(
                problems.into_iter().map(|problem| problem.into_diagnostic(&|range| locate(node, range))),
            );
        }
    }
    for (name, _) in &expect.steps {
        let of = name.value.strip_suffix(UNDOING);
        let is_known = match (of, names.step(of.unwrap_or(&name.value))) {
            (Some(_), Some(step)) => step.compensate.is_some(),
            (None, found) => found.is_some(),
            (Some(_), None) => false,
        };
        if !is_known {
            diagnostics.push(codes::unknown_name::report("step", name, &names.all));
        }
    }
    for condition in &expect.assertions {
        let problems = condition.expression.condition_in(scope).1;
        diagnostics.extend(
            problems
                .into_iter()
                .map(|problem| problem.into_diagnostic(&|range| locate(&condition.node, range))),
        );
    }
    diagnostics
}

/// The scope of the expressions of a test.
pub(super) struct Names<'a> {
    of_plan: &'a PlanNames<'a>,
    inputs: Type,
    outputs: Type,
    requests: Type,
    suggestions: Suggestions,
}

impl<'a> Names<'a> {
    /// The scope for a plan. `operations` holds the ids of all operations that a test may name.
    pub(super) fn new(names: &'a PlanNames<'a>, operations: &IndexSet<String>) -> Self {
        let plan = names.plan;
        let properties: Map<String, Value> =
            plan.inputs.iter().map(|input| (input.name.clone(), input.schema.clone())).collect();
        let inputs = json!({"type": "object", "properties": properties});
        let any = Field { ty: Type::Any, presence: Presence::Maybe };
        let outputs = plan.outputs.iter().map(|output| (output.name.clone(), any.clone()));
        let methods: IndexSet<String> =
            Method::ALL.into_iter().map(|method| method.as_str().to_owned()).collect();
        let request = ["step", "operation", "method", "path", "query", "headers", "body"];
        let request = request.into_iter().map(|name| {
            let ty = match name {
                "operation" => Type::String(Some(Arc::new(operations.clone()))),
                "method" => Type::String(Some(Arc::new(methods.clone()))),
                _ => Type::Any,
            };
            (name.to_owned(), Field { ty, presence: Presence::Maybe })
        });
        let steps = plan.steps.iter().map(|step| step.id.clone());
        let steps = steps.chain(["outputs".to_owned(), "requests".to_owned()]);
        Self {
            of_plan: names,
            inputs: Type::from_own_schema(&inputs),
            outputs: Type::Object(ObjectType::of(outputs)),
            requests: Type::list(Type::Object(ObjectType::of(request))),
            suggestions: Suggestions::new(steps, plan.inputs.iter().map(|input| input.name.clone())),
        }
    }

    fn has_output(&self, name: &str) -> bool {
        matches!(&self.outputs, Type::Object(outputs) if outputs.fields.contains_key(name))
    }
}

impl Scope for Names<'_> {
    fn root(&self, root: &Root) -> Option<Typed> {
        match root {
            Root::Inputs => Some(Typed::always(self.inputs.clone())),
            Root::Run => Some(Typed::always(Type::Any)),
            Root::Step(name) if name == "outputs" => Some(Typed::always(self.outputs.clone())),
            Root::Step(name) if name == "requests" => Some(Typed::always(self.requests.clone())),
            Root::Step(name) => {
                self.of_plan.in_plan(self.of_plan.plan, name).map(|_| Typed::maybe(Type::Any))
            }
            _ => None,
        }
    }

    fn suggestions(&self) -> &Suggestions {
        &self.suggestions
    }
}
