//! The types of a plan.

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
    /// The operations that steps name, by key.
    pub operations: IndexMap<String, Arc<Operation>>,
    /// What is known of operations besides their description, by the same key; most have nothing.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub facts: IndexMap<String, Facts>,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// The steps, in the order of the document.
    pub steps: Vec<Step>,
    /// What follows what.
    pub edges: Vec<Edge>,
    /// The outputs, in order.
    pub outputs: Vec<Output>,
}

impl Plan {
    /// The version of the format that this code writes.
    pub const VERSION: u32 = 1;

    /// The step of an id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The graph of its steps.
    pub fn graph(&self) -> Graph {
        Graph::new(self.steps.iter().map(|step| step.id.clone()).collect(), self.edges.clone())
    }

    /// The operation of a step that invokes one.
    pub fn operation(&self, invoke: &Invoke) -> Option<&Arc<Operation>> {
        self.operations.get(&invoke.operation)
    }

    /// Everything its own steps carry out: their operations, and what undoes them. Not what embedded compositions do.
    pub fn invokes(&self) -> impl Iterator<Item = &Invoke> {
        self.steps.iter().flat_map(Step::invokes)
    }

    /// The plans of the compositions that its steps run, and of those within them.
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

    /// Steps that send something that is not safe with an argument nobody wrote: what a person should look at first.
    /// Those of embedded compositions are theirs to tell.
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
    /// The source of this name and text.
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
    /// What has to be true for it to be done: asked once, before anything else of the step. If it is false the step is
    /// skipped, and its result is absent. `None`: it is always done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// What it is done for; its result is then the list of results. `None`: it is done once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ForEach>,
    /// What comes of the run when it fails; by default the run fails.
    #[serde(default, skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// What undoes it when the run fails or is cancelled with it; with `for_each`, what undoes it for one item. `None`:
    /// it cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensate: Option<Compensation>,
}

impl Step {
    /// A step that is done once, always, and fails the run when it fails.
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

    /// What it carries out, and what undoes it.
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
    /// Is done by somebody or something outside.
    External(Box<External>),
    /// Runs another composition; its outputs are the result.
    Composition(Embedded),
}

/// The items a step is done for, each as `item`, with its place from 0 as `index`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForEach {
    /// Gives the list. It sees neither `item` nor `index`.
    pub list: Expression,
    /// How many items are under way at a time; at least 1, which is the default.
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
    /// Whether and until when it is repeated while it succeeds.
    pub poll: Option<Poll>,
    /// Whether its answers are the pages of one list, and how each leads to the next: then all that is in them is the
    /// result. `None`: one answer is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paginate: Option<Paginate>,
    /// When it is repeated after it failed.
    pub retry: Retry,
    /// How long one attempt may take; `None`: the adapter's own limit.
    pub timeout: Option<SignedDuration>,
    /// What has to be true of the step's own `response`, or the step fails; what is absent is not true. Asked once, of
    /// the answer of success; of a poll, of the answer that ends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expression>,
    /// What to do when nobody knows whether a call happened that must not happen twice; by default an operator is asked.
    #[serde(default, skip_serializing_if = "OnDoubt::is_default")]
    pub on_doubt: OnDoubt,
}

/// What undoes a step: an operation over the step's own result, under its id, and all that came before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// The operation. It has no poll, and no compensation of its own.
    pub invoke: Invoke,
    /// Whether an attempt that failed is undone too; the step's own result is then absent. False by default.
    #[serde(default)]
    pub after_failure: bool,
}

/// Something done outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// Through what it is asked; at the terminal by default.
    #[serde(default, skip_serializing_if = "Channel::is_default")]
    pub channel: Channel,
    /// The settings of the channel by name, as the author wrote them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, Template>,
    /// What is handed over by name; `None`: the inputs and the results so far (edition 0.1, or `external: true`).
    pub with: Option<IndexMap<String, Template>>,
    /// The JSON Schema of the answer; `None`: any JSON value, or none.
    pub result: Option<Value>,
    /// How long to wait for the answer; `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SignedDuration>,
}

impl External {
    /// What its channel is told, as a person reads it: bare expressions, texts, or JSON with `${…}` in it.
    pub fn shown_settings(&self) -> impl Iterator<Item = (&str, String)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), shown(value)))
    }

    /// What is handed over by name, as a person reads it.
    pub fn shown_with(&self) -> impl Iterator<Item = (&str, String)> {
        self.with.iter().flatten().map(|(name, value)| (name.as_str(), shown(value)))
    }
}

/// A way to somebody or something outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Asks at the terminal. No settings.
    #[default]
    Prompt,
    /// Sends an e-mail: `to`, an address or a list of them, and if the author wrote them `subject` and what it says:
    /// `text` as it is, or a `template` over what is handed over.
    Email,
    /// Posts to a URL: `url`, and if the author wrote them `headers`, an object of texts.
    Webhook,
    /// Runs a program, never through a shell: `command`, the program or a list of it and its arguments.
    Command,
}

impl Channel {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }

    /// Whether it hands over a message that reaches somebody else, and is not handed over twice.
    pub fn sends(self) -> bool {
        self != Self::Prompt
    }

    /// Whether whoever gets a message twice can tell by its id, so that a repeat has no second effect.
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
    /// Its own plan, complete: its steps, providers and operations are not those of the plan it stands in.
    pub plan: Arc<Plan>,
    /// Its inputs by name, over the names of the plan it stands in. One that is not here has its default, or is not
    /// given.
    pub inputs: IndexMap<String, Template>,
    /// Those of them that are as if they were not here when they have no value: optional inputs whose value is exactly
    /// an optional input. Any other without a value fails the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
}

impl Embedded {
    /// Its inputs as a person reads them: bare expressions, texts, or JSON with `${…}` in it.
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
    /// What goes there.
    pub value: Template,
    /// Who says so.
    pub origin: Origin,
    /// Whether the value comes from something sensitive, and is masked wherever it is shown.
    pub sensitive: bool,
    /// Whether it is left out when there is no value: an optional parameter whose value is exactly an optional input.
    /// Any other argument without a value fails its step.
    #[serde(default)]
    pub optional: bool,
}

impl Argument {
    /// The value as a person reads it: a bare expression, a text, or JSON with `${…}` in it, and that it is sensitive if
    /// it is. It says where the value comes from, which is in the document for everybody to see, and never what it is.
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
    /// The name an author knows it by.
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

/// A value the run gives back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Where it is read.
    pub source: Expression,
    /// Whether it must never be printed.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}
