//! The types of a plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Operation, Place};
use naftiko_expr::{Expression, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::policy::{Facts, OnDoubt, OnFailure, Paginate, Poll, Retry};
use crate::{Edge, Graph, Input, Provider};

/// A composition, resolved and ready to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version of this format: 1.
    pub version: u32,
    /// The name of the composition.
    pub name: String,
    /// The documents that the plan was made from.
    pub sources: Vec<Source>,
    /// Providers by id.
    pub providers: IndexMap<String, Provider>,
    /// The operations of the steps, by key.
    pub operations: IndexMap<String, Arc<Operation>>,
    /// Annotations of operations, by the same key; most have none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub facts: IndexMap<String, Facts>,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// The steps, in the order of the document.
    pub steps: Vec<Step>,
    /// The order of steps, as a graph.
    pub edges: Vec<Edge>,
    /// The outputs, in order.
    pub outputs: Vec<Output>,
}

impl Plan {
    /// The format version that this code writes.
    pub const VERSION: u32 = 1;

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The graph of the steps.
    pub fn graph(&self) -> Graph {
        Graph::new(self.steps.iter().map(|step| step.id.clone()).collect(), self.edges.clone())
    }

    /// The operation that an [`Invoke`] refers to.
    pub fn operation(&self, invoke: &Invoke) -> Option<&Arc<Operation>> {
        self.operations.get(&invoke.operation)
    }

    /// All invocations of its own steps, including compensations, without those of embedded compositions.
    pub fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        self.steps.iter().flat_map(Step::invokes)
    }

    /// The plans of embedded compositions, at any depth.
    pub fn embedded(&self) -> Vec<&Arc<Plan>> {
        let mut found = Vec::new();
        for step in &self.steps {
            if let Action::Composition(embedded) = &step.action {
                found.push(&embedded.plan);
                found.extend(embedded.plan.embedded());
            }
        }
        found
    }

    /// The providers that the steps call, including those of embedded compositions, in the order of the plan, each
    /// once. If two plans describe one provider, the outer plan counts.
    pub fn used_providers(&self) -> IndexMap<&str, &Provider> {
        let embedded = self.embedded();
        let plans: Vec<&Self> =
            std::iter::once(self).chain(embedded.into_iter().map(AsRef::as_ref)).collect();
        let used = plans.iter().flat_map(|plan| {
            plan.invokes().filter_map(|invoke| Some(plan.operation(invoke)?.provider.as_str()))
        });
        let used: BTreeSet<&str> = used.collect();
        let mut providers = IndexMap::new();
        for (id, provider) in plans.iter().flat_map(|plan| &plan.providers) {
            if used.contains(id.as_str()) {
                providers.entry(id.as_str()).or_insert(provider);
            }
        }
        providers
    }

    /// The steps that call an unsafe operation with an inferred argument, which a person should review first, without
    /// those of embedded compositions.
    pub fn inferred_effects(&self) -> impl Iterator<Item = (&Step, &Invoke)> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Invoke(invoke)
                if invoke.arguments.iter().any(|argument| argument.origin != Origin::Written)
                    && self.operation(invoke).is_some_and(|operation| !operation.is_safe()) =>
            {
                Some((step, invoke.as_ref()))
            }
            _ => None,
        })
    }
}

/// A document that a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The path as it was given.
    pub name: String,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

impl Source {
    /// A source with this name and text.
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        let sha256 = format!("{:x}", Sha256::digest(text.as_bytes()));
        Self { name: name.into(), sha256 }
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The id.
    pub id: String,
    /// The author's description.
    pub description: Option<String>,
    /// The action.
    pub action: Action,
    /// The condition for running the step, evaluated once, before anything else. If it is false, the step is skipped
    /// and its result is absent. `None` always runs the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// The list for which the step is run, once per item; its result is the list of results. `None` runs it once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ForEach>,
    /// The effect of a failure on the run; by default the run fails.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// The compensation when the run fails, or is cancelled with compensation; with `for_each`, the compensation of one
    /// item. `None` if the step cannot be compensated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensate: Option<Compensation>,
}

impl Step {
    /// A step that always runs, once, and whose failure fails the run.
    pub fn new(id: impl Into<String>, action: Action) -> Self {
        Self {
            id: id.into(),
            description: None,
            action,
            when: None,
            for_each: None,
            on_failure: OnFailure::default(),
            compensate: None,
        }
    }

    /// The invocations of the step: its own, and that of its compensation.
    pub fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        let action = match &self.action {
            Action::Invoke(invoke) => Some(invoke.as_ref()),
            Action::External(_) | Action::Composition(_) => None,
        };
        action.into_iter().chain(self.compensate.as_ref().map(|undo| &undo.invoke))
    }
}

/// The action of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Carries out an operation.
    Invoke(Box<Invoke>),
    /// Asks a person or a system outside.
    External(Box<External>),
    /// Runs another composition; its outputs are the result.
    Composition(Embedded),
}

/// The list of a repeated step: in each repetition `item` is the value, and `index` its position from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForEach {
    /// The expression for the list. It cannot use `item` or `index`.
    pub list: Expression,
    /// The maximum number of items that run concurrently; at least 1, which is the default.
    pub concurrency: u32,
}

/// An operation with its arguments and policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    /// The capability, as the author named it.
    pub capability: Option<String>,
    /// The key in [`Plan::operations`].
    pub operation: String,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// The poll, if the operation is repeated while it succeeds.
    pub poll: Option<Poll>,
    /// The pagination, if responses are pages; the result is the whole list. `None` for a single response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paginate: Option<Paginate>,
    /// The retry policy for failures.
    pub retry: Retry,
    /// The time limit of an attempt; `None` for the adapter's own limit.
    pub timeout: Option<SignedDuration>,
    /// Conditions over the step's own `response` that must be true, or the step fails; an absent value is not true.
    /// They are evaluated once, on the successful response; for a poll, on the response that ends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expression>,
    /// The handling of a call whose outcome is unknown, and that must not be made twice; by default an operator is
    /// asked.
    #[serde(default, skip_serializing_if = "OnDoubt::is_default")]
    pub on_doubt: OnDoubt,
}

/// The compensation of a step: an operation whose arguments can read the step's own result, under its id, and
/// everything before the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// The operation. It has no poll and no compensation of its own.
    pub invoke: Invoke,
    /// Whether failed attempts are compensated too; the step's own result is then absent. False by default.
    #[serde(default)]
    pub after_failure: bool,
}

/// An external step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// The channel of the question; the terminal by default.
    #[serde(default, skip_serializing_if = "Channel::is_default")]
    pub channel: Channel,
    /// The settings of the channel by name, as the author wrote them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, Template>,
    /// The values to hand over, by name; `None` for the inputs and all results so far (edition 0.1, or
    /// `external: true`).
    pub with: Option<IndexMap<String, Template>>,
    /// The JSON Schema of the answer; `None` allows any JSON value.
    pub result: Option<Value>,
    /// How long to wait for the answer; `None` waits forever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SignedDuration>,
}

impl External {
    /// The settings of its channel in a form for people: bare expressions, texts, or JSON with `${…}` in it.
    pub fn shown_settings(&self) -> impl Iterator<Item = (&str, String)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), shown(value)))
    }

    /// The values to hand over, by name, in the same form.
    pub fn shown_with(&self) -> impl Iterator<Item = (&str, String)> {
        self.with.iter().flatten().map(|(name, value)| (name.as_str(), shown(value)))
    }
}

/// A way to reach a person or a system outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Asks at the terminal. It has no settings.
    #[default]
    Prompt,
    /// Sends an e-mail. Settings: `to`, an address or a list of addresses; optionally `subject`, and the content as a
    /// literal `text` or a `template` over the values handed over.
    Email,
    /// Posts to a URL. Settings: `url`; optionally `headers`, an object of texts.
    Webhook,
    /// Runs a program, never through a shell. Setting: `command`, the program, or a list of the program and its
    /// arguments.
    Command,
}

impl Channel {
    /// The keyword of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }

    /// Whether it sends a message, an effect that must not happen twice.
    pub fn sends(self) -> bool {
        self != Self::Prompt
    }

    /// Whether a receiver can recognize a repeated message by its id, so that a repeat has no second effect.
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Prompt | Self::Webhook)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Another composition, run as a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Embedded {
    /// The inner plan, which is complete: it shares no steps, providers or operations with the outer plan.
    pub plan: Arc<Plan>,
    /// The inputs by name, as templates over the names of the outer plan. A missing input has its default, or is not
    /// given.
    pub inputs: IndexMap<String, Template>,
    /// The names of the inputs that are left out if they have no value: optional inputs whose value is exactly an
    /// optional input of the outer plan. Any other input without a value fails the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
}

impl Embedded {
    /// The inputs in a form for people: bare expressions, texts, or JSON with `${…}` in it.
    pub fn shown(&self) -> impl Iterator<Item = (&str, String)> {
        self.inputs.iter().map(|(name, value)| (name.as_str(), shown(value)))
    }
}

/// A value for a place in the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// The place of the value.
    pub slot: Slot,
    /// The value that goes there.
    pub value: Template,
    /// Whether the author wrote it, or it was inferred.
    pub origin: Origin,
    /// Whether the value is derived from a sensitive one, and is redacted wherever it is shown.
    pub sensitive: bool,
    /// Whether the argument is left out if it has no value: an optional parameter whose value is exactly an optional
    /// input. Any other argument without a value fails its step.
    #[serde(default)]
    pub optional: bool,
}

impl Argument {
    /// The argument in a form for people: a bare expression, a text, or JSON with `${…}` in it, marked if it is
    /// sensitive. The source of the value is shown, as in the document, and never the value itself.
    pub fn shown(&self) -> String {
        let shown = shown(&self.value);
        if self.sensitive { format!("{shown} (sensitive)") } else { shown }
    }
}

fn shown(value: &Template) -> String {
    match value {
        Template::Whole(expression) => expression.to_string(),
        // A template is always a JSON value.
        value => match serde_json::to_value(value) {
            Ok(Value::String(text)) => text,
            Ok(json) => json.to_string(),
            Err(_) => String::new(),
        },
    }
}

/// A place in the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Slot {
    /// A parameter.
    Parameter(Place, String),
    /// A top-level property of the body.
    Property(String),
    /// The whole body.
    Body,
}

impl Slot {
    /// The name that authors use for the place.
    pub fn name(&self) -> &str {
        match self {
            Self::Parameter(_, name) | Self::Property(name) => name,
            Self::Body => "body",
        }
    }
}

/// The origin of an argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The author wrote it.
    Written,
    /// `naftiko` inferred it.
    Inferred {
        /// The reason, worded to follow "because".
        reason: String,
    },
}

/// A value that the run returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The name.
    pub name: String,
    /// The expression for its value.
    pub source: Expression,
    /// Whether it must never be printed.
    pub sensitive: bool,
    /// The meaning of the output.
    pub description: Option<String>,
}
