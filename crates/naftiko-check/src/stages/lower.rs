//! Lowers a checked composition to a [`Plan`].

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_adapter::{Operation, Place};
use naftiko_diagnostics::{SourceMap, Spanned};
use naftiko_expr::{Expression, Root, Segment, Template};
use naftiko_plan::{
    Action, Argument, Auth, Channel, ClientAuth, Compensation, Edge, Embedded, External, Facts, ForEach,
    Input, Invoke, KeyPlace, OnDoubt, Origin, Output, Plan, Poll, Provider as PlannedProvider, SecretName,
    Slot, Source, Step,
};
use naftiko_spec::{AuthKind, Composition, Secret, Value, Work};

use crate::analyses::taint::propagate::{carried, carried_of_item};
use crate::analyses::taint::sensitive::Sensitives;
use crate::ir::bound::{Bound, BoundArgument};
use crate::ir::paged::Paged;
use crate::ir::provider::Provider;
use crate::ir::resolved::{Resolution, Resolved};
use crate::stages::outputs::Checked;
use crate::stages::policies;

/// The results of the earlier stages.
pub(crate) struct Parts<'a> {
    pub(crate) composition: &'a Composition,
    pub(crate) providers: &'a [Rc<Provider>],
    pub(crate) steps: &'a [Resolved],
    pub(crate) undoings: &'a [Resolved],
    pub(crate) bound: Vec<Bound>,
    pub(crate) outputs: Vec<Option<Checked>>,
    pub(crate) order: Vec<Edge>,
    pub(crate) waits: Vec<Option<Poll>>,
    pub(crate) sensitive: Sensitives,
}

/// The plan; `None` if some step is not fully known. The caller checks for errors.
pub(crate) fn plan(parts: &Parts<'_>, sources: &SourceMap) -> Option<Plan> {
    let mut operations = Operations::default();
    let mut steps = Vec::new();
    for (position, step) in parts.composition.steps.iter().enumerate() {
        steps.push(self::step(parts, position, step, &mut operations)?);
    }
    Some(Plan {
        version: Plan::VERSION,
        name: parts.composition.name.clone(),
        sources: sources.files().map(|(_, file)| Source::new(file.name(), file.text())).collect(),
        providers: parts.providers.iter().map(|provider| (provider.id.clone(), planned(provider))).collect(),
        operations: operations.by_key,
        facts: operations.facts,
        inputs: inputs(parts.composition),
        steps,
        edges: parts.order.clone(),
        outputs: outputs(parts)?,
    })
}

/// The operations that steps use, each stored once.
#[derive(Default)]
struct Operations {
    by_key: IndexMap<String, Arc<Operation>>,
    facts: IndexMap<String, Facts>,
}

impl Operations {
    /// The key of an operation, made from the name that the step uses. Two names may refer to one operation with and
    /// without an idempotency key, and two operations may share an `operationId`.
    fn key(&mut self, resolution: &Resolution, name: &str) -> String {
        let operation = &resolution.operation;
        let key = format!("{}/{name}", operation.provider);
        self.by_key.entry(key.clone()).or_insert_with(|| Arc::clone(operation));
        self.facts.extend(policies::facts(&resolution.facts).map(|facts| (key.clone(), facts)));
        key
    }
}

fn step(
    parts: &Parts<'_>,
    position: usize,
    step: &naftiko_spec::Step,
    operations: &mut Operations,
) -> Option<Step> {
    let clauses = &step.clauses;
    let bound = parts.bound.get(position)?;
    let action = match (&step.work, parts.steps.get(position)?) {
        (Work::Invoke(said), Resolved::Operation(resolution)) => Action::Invoke(Box::new(Invoke {
            arguments: [arguments(parts, step, &bound.arguments), first_page(&resolution.pages)].concat(),
            paginate: match &resolution.pages {
                Paged::Pages(pages) => Some(pages.paginate.clone()),
                Paged::Not => None,
                Paged::Unclear => return None,
            },
            poll: parts.waits.get(position)?.clone(),
            retry: policies::retry(clauses.retry.as_ref(), &resolution.facts),
            timeout: clauses.timeout.as_ref().map(|timeout| timeout.value),
            expect: clauses.expect.iter().map(|condition| condition.expression.clone()).collect(),
            on_doubt: clauses
                .on_doubt
                .as_ref()
                .map_or_else(Default::default, |it| policies::on_doubt(it.value)),
            ..plain(said.capability.as_ref(), &said.operation, resolution, operations)
        })),
        (Work::External(said), _) => Action::External(Box::new(external(said))),
        (Work::Composition(_), Resolved::Composition(embedded)) => Action::Composition(Embedded {
            plan: Arc::clone(embedded.plan.as_ref()?),
            inputs: bound
                .arguments
                .iter()
                .map(|argument| (argument.slot.name().to_owned(), argument.value.clone()))
                .collect(),
            optional: bound
                .arguments
                .iter()
                .filter(|argument| argument.optional)
                .map(|argument| argument.slot.name().to_owned())
                .collect(),
        }),
        _ => return None,
    };
    let compensate = match &clauses.compensate {
        Some(undo) => {
            let resolution = parts.undoings.get(position)?.operation()?;
            let invoke = Invoke {
                arguments: arguments(parts, step, &bound.undoing),
                ..plain(undo.capability.as_ref(), &undo.operation, resolution, operations)
            };
            Some(Compensation { invoke, after_failure: undo.after_failure })
        }
        None => None,
    };
    Some(Step {
        description: step.description.clone(),
        when: clauses.when.as_ref().map(|when| when.expression.clone()),
        for_each: clauses.for_each.as_ref().map(|list| ForEach {
            list: list.expression.clone(),
            concurrency: clauses.concurrency.as_ref().map_or(1, |concurrency| concurrency.value),
        }),
        on_failure: clauses
            .on_failure
            .as_ref()
            .map_or_else(Default::default, |it| policies::on_failure(it.value)),
        compensate,
        ..Step::new(step.id.value.clone(), action)
    })
}

/// The inferred argument for the first page of a list, if the author wrote none.
fn first_page(pages: &Paged) -> Vec<Argument> {
    let Paged::Pages(pages) = pages else { return Vec::new() };
    let first = pages.first.iter().map(|(parameter, value, reason)| Argument {
        slot: Slot::Parameter(Place::Query, parameter.clone()),
        value: Template::literal((*value).into()),
        origin: Origin::Inferred { reason: reason.clone() },
        sensitive: false,
        optional: false,
    });
    first.collect()
}

/// An invocation without arguments, with the policies of the capabilities document.
fn plain(
    capability: Option<&Spanned<String>>,
    name: &Spanned<String>,
    resolution: &Resolution,
    operations: &mut Operations,
) -> Invoke {
    Invoke {
        capability: capability.map(|capability| capability.value.clone()),
        operation: operations.key(resolution, &name.value),
        arguments: Vec::new(),
        poll: None,
        paginate: None,
        retry: policies::retry(None, &resolution.facts),
        timeout: None,
        expect: Vec::new(),
        on_doubt: OnDoubt::default(),
    }
}

fn external(said: &naftiko_spec::External) -> External {
    let templates = |values: &IndexMap<String, Value>| -> IndexMap<String, Template> {
        values.iter().map(|(name, value)| (name.clone(), value.template())).collect()
    };
    let mut settings = templates(&said.settings);
    // A text with expressions becomes a literal text: values filled into it are never parsed as a template.
    if said.channel == naftiko_spec::Channel::Email
        && let Some(at) = settings.get_index_of("template")
        && settings.get_index(at).is_some_and(|(_, text)| !text.expressions().is_empty())
        && let Some(text) = settings.shift_remove("template")
    {
        settings.shift_insert(at, "text".to_owned(), text);
    }
    External {
        channel: match said.channel {
            naftiko_spec::Channel::Prompt => Channel::Prompt,
            naftiko_spec::Channel::Email => Channel::Email,
            naftiko_spec::Channel::Webhook => Channel::Webhook,
            naftiko_spec::Channel::Command => Channel::Command,
        },
        settings,
        with: said.with.as_ref().map(templates),
        result: said.result.clone(),
        timeout: said.timeout.as_ref().map(|timeout| timeout.value),
    }
}

fn planned(provider: &Provider) -> PlannedProvider {
    let auth =
        provider.capabilities.auth.as_ref().and_then(|auth| authentication(&auth.kind, &provider.folder));
    // Incomplete authentication is an error, and a plan with errors is discarded; missing authentication is declared
    // as `none` or has a warning.
    let source = provider.path.display().to_string();
    PlannedProvider {
        base_url: provider.base_url(),
        auth: auth.unwrap_or(Auth::None),
        source,
        rate_limit: provider.capabilities.rate_limit.map(policies::rate_limit),
    }
}

/// The authentication of a provider; paths of files are relative to `folder`.
fn authentication(said: &AuthKind, folder: &Path) -> Option<Auth> {
    let name = |secret: &Secret| match secret {
        Secret::EnvVar(variable) => SecretName::EnvVar(variable.clone()),
        Secret::File(path) => SecretName::File(folder.join(path).display().to_string()),
        Secret::Command(words) => SecretName::Command(words.clone()),
    };
    Some(match said {
        AuthKind::Bearer { token } => Auth::Bearer { token: name(token.as_ref()?) },
        AuthKind::ApiKey { place, name: called, key } => Auth::ApiKey {
            place: match place {
                naftiko_spec::KeyPlace::Header => KeyPlace::Header,
                naftiko_spec::KeyPlace::Query => KeyPlace::Query,
                naftiko_spec::KeyPlace::Cookie => KeyPlace::Cookie,
            },
            name: called.clone(),
            key: name(key.as_ref()?),
        },
        AuthKind::Basic { username, password } => {
            Auth::Basic { username: name(username), password: name(password) }
        }
        AuthKind::BasicPair { credentials } => Auth::BasicPair { credentials: name(credentials.as_ref()?) },
        AuthKind::ClientCredentials {
            token_url,
            client_id,
            client_secret,
            client_auth,
            scopes,
            audience,
        } => Auth::ClientCredentials {
            token_url: token_url.clone(),
            client_id: name(client_id),
            client_secret: name(client_secret),
            client_auth: match client_auth {
                naftiko_spec::ClientAuth::Basic => ClientAuth::Basic,
                naftiko_spec::ClientAuth::Form => ClientAuth::Form,
            },
            scopes: scopes.clone(),
            audience: audience.clone(),
        },
        AuthKind::None | AuthKind::Unsupported(_) | AuthKind::Unclear => return None,
    })
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
            let source = source.as_ref()?.source.clone();
            Some(Output {
                name: output.name.value.clone(),
                sensitive: output.sensitive || is_sensitive(parts, &source, None),
                source,
                description: output.description.clone(),
            })
        })
        .collect()
}

fn arguments(parts: &Parts<'_>, step: &naftiko_spec::Step, bound: &[BoundArgument]) -> Vec<Argument> {
    let list = step.clauses.for_each.as_ref().map(|list| &list.expression);
    bound
        .iter()
        .map(|argument| Argument {
            slot: argument.slot.clone(),
            value: argument.value.clone(),
            origin: argument.origin.clone(),
            optional: argument.optional,
            sensitive: argument.value.expressions().iter().any(|found| is_sensitive(parts, found, list)),
        })
        .collect()
}

/// Whether an expression reads a sensitive input, or reads all inputs while one is sensitive, or carries another
/// sensitive value. `list` is the list whose items `item` refers to.
fn is_sensitive(parts: &Parts<'_>, expression: &Expression, list: Option<&Expression>) -> bool {
    let carried = match list {
        Some(list) => carried_of_item(expression, list),
        None => carried(expression),
    };
    if parts.sensitive.reach(&carried) {
        return true;
    }
    expression.references().iter().filter(|reference| reference.root == Root::Inputs).any(|reference| {
        match reference.fixed_path().first() {
            Some(Segment::Field(name)) => parts.sensitive.has_input(name),
            _ => parts.sensitive.has_inputs(),
        }
    })
}
