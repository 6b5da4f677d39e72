//! The types of a plan.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Operation, Place};
use naftiko_expr::{Expression, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Edge, Graph};

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

    /// Steps that send something that is not safe with an argument nobody wrote: what a person should look at first.
    pub fn inferred_effects(&self) -> impl Iterator<Item = (&Step, &Invoke)> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Invoke(invoke)
                if invoke.arguments.iter().any(|argument| argument.origin != Origin::Written)
                    && self.operation(invoke).is_some_and(|operation| !operation.is_safe()) =>
            {
                Some((step, invoke))
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

/// Where a provider is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// The URL that paths are put behind.
    pub base_url: Option<String>,
    /// What is sent to be let in.
    pub auth: Auth,
    /// The path of the capabilities document that says so.
    pub source: String,
}

/// What is sent to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Auth {
    /// Nothing.
    None,
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer {
        /// Where the token is found.
        token: SecretName,
    },
}

/// The name of a secret; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretName {
    /// An environment variable.
    EnvVar(String),
}

/// An input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "WrittenInput", into = "WrittenInput")]
pub struct Input {
    /// Its name.
    pub name: String,
    /// The JSON Schema of its value.
    pub schema: Value,
    /// Whether a run without it is refused.
    pub required: bool,
    /// What it is when it is not given. That of a sensitive input is not written with the plan, where `***` stands for
    /// it: a plan that is read back requires the input.
    pub default: Option<Value>,
    /// Whether it must never be printed or stored.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}

/// An input as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenInput {
    name: String,
    schema: Value,
    required: bool,
    default: Option<Value>,
    sensitive: bool,
    description: Option<String>,
}

/// What is written for a default that may not be.
const WITHHELD: &str = "***";

impl From<Input> for WrittenInput {
    fn from(input: Input) -> Self {
        let Input { name, schema, required, default, sensitive, description } = input;
        let default = default.map(|default| if sensitive { WITHHELD.into() } else { default });
        Self { name, schema, required, default, sensitive, description }
    }
}

impl From<WrittenInput> for Input {
    fn from(written: WrittenInput) -> Self {
        let WrittenInput { name, schema, required, default, sensitive, description } = written;
        let required = required || (sensitive && default.is_some());
        Self { name, schema, required, default: default.filter(|_| !sensitive), sensitive, description }
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// What it does, in the author's words.
    pub description: Option<String>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Carries an operation out.
    Invoke(Invoke),
    /// Is done by somebody or something outside.
    External(External),
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
    /// When it is repeated after it failed.
    pub retry: Retry,
    /// How long one attempt may take.
    pub timeout: Option<SignedDuration>,
}

/// Something done outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// What is handed over by name; nothing: the inputs and the results so far.
    pub with: Option<IndexMap<String, Template>>,
    /// The JSON Schema of the answer.
    pub result: Option<Value>,
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
    /// The value as a person reads it: a bare expression, a text, or JSON with `${…}` in it; `***` if it is sensitive.
    pub fn shown(&self) -> String {
        match &self.value {
            _ if self.sensitive => "***".to_owned(),
            Template::Whole(expression) => expression.to_string(),
            // A template is always a JSON value.
            value => match serde_json::to_value(value) {
                Ok(Value::String(text)) => text,
                Ok(json) => json.to_string(),
                Err(_) => String::new(),
            },
        }
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

/// A step that is repeated until something holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// What has to hold, over the step's own `response`.
    pub until: Expression,
    /// How long to wait between two attempts.
    pub every: Backoff,
    /// When to give up, from the first attempt on.
    pub timeout: SignedDuration,
    /// Whether the author asked for it, or a reference to a field that may come later.
    pub origin: Origin,
}

/// How long to wait, again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    /// The first wait.
    pub initial: SignedDuration,
    /// What each wait is multiplied by for the next.
    pub factor: f64,
    /// The longest wait.
    pub max: SignedDuration,
}

impl Backoff {
    /// The same wait every time.
    pub fn fixed(every: SignedDuration) -> Self {
        Self { initial: every, factor: 1.0, max: every }
    }

    /// The wait before attempt `n + 1`, `n` from 1.
    pub fn wait(&self, n: u32) -> SignedDuration {
        let exponent = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        // A factor that makes no sense gives no number, or one below nothing.
        let wait = SignedDuration::try_from_secs_f64(seconds).unwrap_or(self.max);
        wait.min(self.max).max(SignedDuration::ZERO)
    }
}

impl Default for Backoff {
    /// From 5 s to 60 s, doubling: what polling does unless told otherwise.
    fn default() -> Self {
        Self { initial: SignedDuration::from_secs(5), factor: 2.0, max: SignedDuration::from_secs(60) }
    }
}

/// When a failed attempt is made again. Only ever for a safe operation, or one with an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How many attempts in all, the first included.
    pub attempts: u32,
    /// How long to wait between two; the run adds jitter and honours `Retry-After`.
    pub backoff: Backoff,
}

impl Default for Retry {
    /// Five attempts, from 1 s to 30 s.
    fn default() -> Self {
        let backoff = Backoff {
            initial: SignedDuration::from_secs(1),
            factor: 2.0,
            max: SignedDuration::from_secs(30),
        };
        Self { attempts: 5, backoff }
    }
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
