//! The names that expressions may use, with their types.

use std::collections::BTreeMap;
use std::sync::Arc;

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Expression, Field, ObjectType, Presence, Root, Scope, Template, Type, Typed};
use naftiko_spec::{Composition, locate};
use naftiko_syntax::Node;
use serde_json::{Map, Value, json};

use crate::resolve::Resolved;

/// Inputs and steps with their types, as every expression of a composition sees them.
pub(crate) struct Names<'a> {
    composition: &'a Composition,
    inputs: Type,
    steps: BTreeMap<&'a str, Type>,
    run: Type,
}

/// The same, as an expression of one step sees it: with its own response where that can be read.
pub(crate) struct StepScope<'a> {
    names: &'a Names<'a>,
    response: Option<Type>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(composition: &'a Composition, steps: &[Resolved]) -> Self {
        // Of two inputs of one name the first counts; the second has its diagnostic.
        let mut properties: Map<String, Value> = Map::new();
        for input in &composition.inputs {
            properties.entry(input.name.value.clone()).or_insert_with(|| input.schema.clone());
        }
        let required: Vec<&str> = composition
            .inputs
            .iter()
            .filter(|input| input.required || input.default.is_some())
            .map(|input| input.name.value.as_str())
            .collect();
        let inputs = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        let run = json!({
            "type": "object",
            "properties": {"id": {"type": "string"}, "startedAt": {"type": "string"}},
            "required": ["id", "startedAt"],
            "additionalProperties": false,
        });
        let none = Arc::new(Map::new());
        let ids = composition.steps.iter().map(|step| step.id.value.as_str());
        Self {
            composition,
            inputs: if composition.inputs_are_known { Type::from_schema(&inputs, &none) } else { Type::Any },
            steps: ids.zip(steps.iter().map(Resolved::result)).collect(),
            run: Type::from_schema(&run, &none),
        }
    }

    /// The type of an input.
    pub(crate) fn input(&self, name: &str) -> Option<Typed> {
        self.inputs.field(name)
    }

    /// The scope of expressions outside a step's own response.
    pub(crate) fn scope(&'a self) -> StepScope<'a> {
        StepScope { names: self, response: None }
    }

    /// The scope of expressions over a step's own response, whose body is of type `body`.
    pub(crate) fn response_scope(&'a self, body: &Type) -> StepScope<'a> {
        StepScope { names: self, response: Some(response(body)) }
    }

    /// The type of an expression, and what is wrong with it.
    pub(crate) fn type_of(
        &self,
        expression: &Expression,
        node: &Node,
        scope: &StepScope<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Typed {
        let (typed, problems) = expression.type_in(scope);
        diagnostics.extend(
            problems
                .into_iter()
                .map(|problem| self.related(problem.into_diagnostic(&|range| locate(node, range)))),
        );
        typed
    }

    /// The type of a scalar with templates, and what is wrong with it.
    pub(crate) fn type_of_template(
        &self,
        template: &Template,
        node: &Node,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Typed {
        let (typed, problems) = template.type_in(&self.scope());
        diagnostics.extend(
            problems
                .into_iter()
                .map(|problem| self.related(problem.into_diagnostic(&|range| locate(node, range)))),
        );
        typed
    }

    /// Shows where the inputs or steps are that an unknown name could have meant.
    fn related(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Some(fix) = &diagnostic.fix else { return diagnostic };
        let Some(meant) = fix.edits.first().map(|edit| edit.replacement.clone()) else { return diagnostic };
        let place = match diagnostic.code.id {
            "unknown-step" => {
                self.composition.steps.iter().find(|step| step.id.value == meant).map(|step| step.id.span)
            }
            "unknown-input" => self
                .composition
                .inputs
                .iter()
                .find(|input| input.name.value == meant)
                .map(|input| input.name.span),
            _ => None,
        };
        match place {
            Some(span) => diagnostic.with_related(span, format!("`{meant}` is here")),
            None => diagnostic,
        }
    }
}

/// The type of `response`: status, headers by lower-case name, body.
fn response(body: &Type) -> Type {
    let always = |name: &str, ty: Type| (name.to_owned(), Field { ty, presence: Presence::Always });
    let headers = ObjectType { additional: Some(Box::new(Type::string())), ..ObjectType::default() };
    let fields = [
        always("status", Type::Integer),
        always("headers", Type::Object(headers)),
        always("body", body.clone()),
    ];
    Type::Object(ObjectType { fields: fields.into(), ..ObjectType::default() })
}

impl Scope for StepScope<'_> {
    fn root(&self, root: &Root) -> Option<Typed> {
        let always = |ty: Type| Some(Typed { ty, presence: Presence::Always });
        match root {
            Root::Inputs => always(self.names.inputs.clone()),
            Root::Run => always(self.names.run.clone()),
            Root::Response => always(self.response.clone()?),
            Root::Step(id) => always(self.names.steps.get(id.as_str())?.clone()),
            Root::Item | Root::Index => None,
        }
    }

    fn step_ids(&self) -> Vec<String> {
        self.names.steps.keys().map(|id| (*id).to_owned()).collect()
    }
}
