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
    /// The documents it was made from.
    pub sources: Vec<Source>,
    /// Providers by id.
    pub providers: IndexMap<String, Provider>,
    /// The operations that its steps use, by key.
    pub operations: IndexMap<String, Arc<Operation>>,
    /// What is known about operations beyond their description, by the same key; most have no entry.
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
    /// The version of the format that this code writes.
    pub const VERSION: u32 = 1;

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The graph of its steps.
    pub fn graph(&self) -> Graph {
        Graph::new(self.steps.iter().map(|step| step.id.clone()).collect(), self.edges.clone())
    }

    /// The operation that an [`Invoke`] refers to.
    pub fn operation(&self, invoke: &Invoke) -> Option<&Arc<Operation>> {
        self.operations.get(&invoke.operation)
    }

    /// Every operation that its own steps carry out, compensations included. Those of embedded compositions are not
    /// among them.
    pub fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        self.steps.iter().flat_map(Step::invokes)
    }

    /// The plans of the compositions that its steps run, at any depth.
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

    /// The providers that its steps and those of embedded compositions call, in the order of the plan, each once. Where two
    /// plans describe one provider, the outer plan counts.
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

    /// The steps that call an unsafe operation with an inferred argument, which a person should look at first. Those of
    /// embedded compositions are not among them.
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

/// A document a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its path as it was given.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
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
    /// Its id.
    pub id: String,
    /// What it does, in the author's words.
    pub description: Option<String>,
    /// What it does.
    pub action: Action,
    /// The condition for running it, evaluated once, before anything else of the step. If it is false the step is
    /// skipped, and its result is absent. `None` always runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// The list it runs for; its result is then the list of results. `None` runs it once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ForEach>,
    /// What happens to the run when it fails; by default the run fails.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// What undoes it when the run fails, or is cancelled with compensation; with `for_each`, what undoes it for one
    /// item. `None` if it cannot be undone.
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

    /// The operations it carries out: its own, and the one that undoes it.
    pub fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        let action = match &self.action {
            Action::Invoke(invoke) => Some(invoke.as_ref()),
            Action::External(_) | Action::Composition(_) => None,
        };
        action.into_iter().chain(self.compensate.as_ref().map(|undo| &undo.invoke))
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Carries an operation out.
    Invoke(Box<Invoke>),
    /// Asks a person or a system outside.
    External(Box<External>),
    /// Runs another composition, whose outputs are the result.
    Composition(Embedded),
}

/// The list a step runs for: each value is `item`, and its position, from 0, is `index`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForEach {
    /// The expression that gives the list. It cannot use `item` or `index`.
    pub list: Expression,
    /// How many items run at a time; at least 1, which is the default.
    pub concurrency: u32,
}

/// An operation with its arguments and policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    /// The capability it belongs to, as the author named it.
    pub capability: Option<String>,
    /// The key in [`Plan::operations`].
    pub operation: String,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// How it is repeated while it succeeds, if it is.
    pub poll: Option<Poll>,
    /// How each answer, a page of a list, leads to the next; the whole list is the result. `None` if the operation
    /// gives a single answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paginate: Option<Paginate>,
    /// How it is repeated after a failure.
    pub retry: Retry,
    /// How long one attempt may take; `None` is the adapter's own limit.
    pub timeout: Option<SignedDuration>,
    /// Conditions over the step's own `response` that must be true, or the step fails; an absent value is not true.
    /// They are evaluated once, on the success response; for a poll, on the answer that ends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expression>,
    /// What to do when it is unknown whether a call that must not happen twice happened; by default an operator is
    /// asked.
    #[serde(default, skip_serializing_if = "OnDoubt::is_default")]
    pub on_doubt: OnDoubt,
}

/// What undoes a step: an operation whose arguments can read the step's own result, under its id, and everything before
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// The operation. It has no poll and no compensation of its own.
    pub invoke: Invoke,
    /// Whether a failed attempt is undone too; the step's own result is then absent. False by default.
    #[serde(default)]
    pub after_failure: bool,
}

/// A step done outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// The channel it is asked through; the terminal by default.
    #[serde(default, skip_serializing_if = "Channel::is_default")]
    pub channel: Channel,
    /// The settings of the channel by name, as the author wrote them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, Template>,
    /// What is handed over, by name; `None` is the inputs and the results so far (edition 0.1, or `external: true`).
    pub with: Option<IndexMap<String, Template>>,
    /// The JSON Schema of the answer; `None` allows any JSON value.
    pub result: Option<Value>,
    /// How long to wait for the answer; `None` waits for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SignedDuration>,
}

impl External {
    /// The settings of its channel in a form for people: bare expressions, texts, or JSON with `${…}` in it.
    pub fn shown_settings(&self) -> impl Iterator<Item = (&str, String)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), shown(value)))
    }

    /// What is handed over, by name, in the same form.
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
    /// Sends an e-mail. Settings: `to`, an address or a list of them; optionally `subject`, and its content as a
    /// literal `text` or a `template` over what is handed over.
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

    /// Whether it hands over a message, an effect that must not happen twice.
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
    /// Its own plan, which is complete: it shares no steps, providers or operations with the plan around it.
    pub plan: Arc<Plan>,
    /// Its inputs by name, as templates over the names of the plan around it. One that is missing here has its default,
    /// or is not given.
    pub inputs: IndexMap<String, Template>,
    /// Those of them that are as if they were not here when they have no value: optional inputs whose value is exactly
    /// an optional input. Any other without a value fails the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
}

impl Embedded {
    /// Its inputs in a form for people: bare expressions, texts, or JSON with `${…}` in it.
    pub fn shown(&self) -> impl Iterator<Item = (&str, String)> {
        self.inputs.iter().map(|(name, value)| (name.as_str(), shown(value)))
    }
}

/// A value for a place in the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// Where it goes.
    pub slot: Slot,
    /// The value that goes there.
    pub value: Template,
    /// Whether the author wrote it, or it was inferred.
    pub origin: Origin,
    /// Whether the value comes from something sensitive, and is masked wherever it is shown.
    pub sensitive: bool,
    /// Whether it is left out when it has no value: an optional parameter whose value is exactly an optional input. Any
    /// other argument without a value fails its step.
    #[serde(default)]
    pub optional: bool,
}

impl Argument {
    /// The argument in a form for people: a bare expression, a text, or JSON with `${…}` in it, marked if it is
    /// sensitive. It shows where the value comes from, which anybody can read in the document, and never the value
    /// itself.
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
    /// The name that authors use for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Parameter(_, name) | Self::Property(name) => name,
            Self::Body => "body",
        }
    }
}

/// Where an argument comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The author wrote it.
    Written,
    /// `naftiko` inferred it.
    Inferred {
        /// Why, in words that follow "because".
        reason: String,
    },
}

/// A value that the run returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The expression it is read from.
    pub source: Expression,
    /// Whether it must never be printed.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}
