//! The checked composition to a [`Plan`].

use indexmap::IndexMap;
use naftiko_diagnostics::SourceMap;
use naftiko_expr::{Expression, Root, Segment};
use naftiko_plan::{
    Action, Argument, Auth, Edge, External, Input, Invoke, Output, Plan, Poll, Provider as PlannedProvider,
    Retry, SecretName, Source, Step,
};
use naftiko_spec::{AuthKind, Composition, Work};

use crate::arguments::Bound;
use crate::provider::Provider;
use crate::resolve::Resolved;
use crate::sensitive::Sensitives;

/// What the stages before have found.
pub(crate) struct Parts<'a> {
    pub(crate) composition: &'a Composition,
    pub(crate) providers: &'a [Provider],
    pub(crate) steps: &'a [Resolved],
    pub(crate) bound: Vec<Bound>,
    pub(crate) outputs: Vec<Option<Expression>>,
    pub(crate) order: Vec<Edge>,
    pub(crate) waits: Vec<Option<Poll>>,
    pub(crate) sensitive: Sensitives,
}

/// The plan; nothing if a step is not fully known. Whether there were errors is the caller's to ask.
pub(crate) fn plan(parts: &Parts<'_>, sources: &SourceMap) -> Option<Plan> {
    let mut operations = IndexMap::new();
    let mut steps = Vec::new();
    for (position, (step, resolved)) in parts.composition.steps.iter().zip(parts.steps).enumerate() {
        let action = match (&step.work, resolved) {
            (Work::Invoke(invoke), Resolved::Operation(resolution)) => {
                // By the name it is used by: two names may stand for one operation with and without an idempotency
                // key, and two operations may share an `operationId`.
                let key = format!("{}/{}", resolution.operation.provider, invoke.operation.value);
                operations.entry(key.clone()).or_insert_with(|| resolution.operation.clone());
                Action::Invoke(Invoke {
                    capability: invoke.capability.as_ref().map(|capability| capability.value.clone()),
                    operation: key,
                    arguments: arguments(parts, parts.bound.get(position)?),
                    poll: parts.waits.get(position)?.clone(),
                    retry: Retry::default(),
                    timeout: None,
                })
            }
            (Work::External(external), _) => Action::External(External {
                with: external
                    .with
                    .as_ref()
                    .map(|with| with.iter().map(|(name, value)| (name.clone(), value.template())).collect()),
                result: external.result.clone(),
            }),
            _ => return None,
        };
        steps.push(Step { id: step.id.value.clone(), description: step.description.clone(), action });
    }
    Some(Plan {
        version: Plan::VERSION,
        name: parts.composition.name.clone(),
        sources: sources.files().map(|(_, file)| Source::new(file.name(), file.text())).collect(),
        providers: parts.providers.iter().map(|provider| (provider.id.clone(), planned(provider))).collect(),
        operations,
        inputs: inputs(parts.composition),
        steps,
        edges: parts.order.clone(),
        outputs: outputs(parts)?,
    })
}

fn planned(provider: &Provider) -> PlannedProvider {
    let server = || provider.catalogues.first().and_then(|catalogue| catalogue.servers().into_iter().next());
    let base_url = provider.capabilities.base_url.as_ref().map(|url| url.value.clone()).or_else(server);
    let auth = match provider.capabilities.auth.as_ref().map(|auth| &auth.kind) {
        Some(AuthKind::Bearer { env_var: Some(name) }) => {
            Auth::Bearer { token: SecretName::EnvVar(name.clone()) }
        }
        // The others are errors, and a plan with errors is not given out; `none` is said or warned of.
        _ => Auth::None,
    };
    PlannedProvider { base_url, auth, source: provider.path.display().to_string() }
}

fn inputs(composition: &Composition) -> Vec<Input> {
    composition
        .inputs
        .iter()
        .map(|input| Input {
            name: input.name.value.clone(),
            schema: input.schema.clone(),
            required: input.required,
            default: input.default.as_ref().map(|default| default.value.clone()),
            sensitive: input.sensitive,
            description: input.description.clone(),
        })
        .collect()
}

fn outputs(parts: &Parts<'_>) -> Option<Vec<Output>> {
    let outputs = parts.composition.outputs.iter().zip(&parts.outputs);
    outputs
        .map(|(output, source)| {
            let source = source.clone()?;
            Some(Output {
                name: output.name.value.clone(),
                sensitive: output.sensitive || is_sensitive(parts, &source),
                source,
                description: output.description.clone(),
            })
        })
        .collect()
}

fn arguments(parts: &Parts<'_>, bound: &Bound) -> Vec<Argument> {
    bound
        .arguments
        .iter()
        .map(|argument| Argument {
            slot: argument.slot.clone(),
            value: argument.value.clone(),
            origin: argument.origin.clone(),
            optional: argument.optional,
            sensitive: argument.value.expressions().iter().any(|found| is_sensitive(parts, found)),
        })
        .collect()
}

/// Whether an expression reads a sensitive input, or all inputs of which one is, or has something else sensitive in
/// its value.
fn is_sensitive(parts: &Parts<'_>, expression: &Expression) -> bool {
    let composition = parts.composition;
    if parts.sensitive.reach(expression) {
        return true;
    }
    let sensitive =
        |name: &str| composition.inputs.iter().any(|input| input.sensitive && input.name.value == name);
    expression.references().iter().filter(|reference| reference.root == Root::Inputs).any(|reference| {
        match reference.fixed_path().first() {
            Some(Segment::Field(name)) => sensitive(name),
            _ => composition.inputs.iter().any(|input| input.sensitive),
        }
    })
}
