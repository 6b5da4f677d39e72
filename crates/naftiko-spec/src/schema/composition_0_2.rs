//! Composition 0.2: nothing is guessed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::composition_0_1::{InputType, Items};

/// A workflow of inputs, steps and outputs in which all data flow is written down.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "camelCase",
    title = "Naftiko Capability Composition 0.2",
    extend("additionalProperties" = false, "patternProperties" = {"^x-": true})
)]
pub(super) struct Composition {
    /// The name of the composition.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// The kind of document.
    #[schemars(extend("const" = "Naftiko Capability Composition"))]
    specification: String,
    /// The edition of the language.
    #[schemars(extend("const" = "0.2"))]
    specification_version: String,
    /// The provider's name, for people.
    provider: Option<String>,
    /// The provider's id: names the capabilities document, `shared/<providerId>.yaml`.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    provider_id: Option<String>,
    /// The provider's API.
    api: Option<String>,
    /// When it was written.
    created: Option<String>,
    /// When it was last changed.
    modified: Option<String>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// Capabilities documents, by paths relative to this document.
    capabilities: Option<Vec<String>>,
    /// What a run has to be given.
    inputs: Option<Vec<Input>>,
    /// What is done.
    #[schemars(length(min = 1))]
    steps: Vec<Step>,
    /// What a run gives back.
    outputs: Option<Vec<Output>>,
}

/// Something a run has to be given. The words of JSON Schema have their meaning there.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Input {
    /// Its name.
    #[schemars(length(min = 1))]
    name: String,
    /// The type of its value.
    r#type: InputType,
    /// Whether a run without it is refused.
    required: Option<bool>,
    /// What a list holds: the name of a type, or a JSON Schema.
    items: Option<Items>,
    /// What it means.
    description: Option<String>,
    /// What it is when it is not given.
    default: Option<Value>,
    /// The values it may have.
    r#enum: Option<Vec<Value>>,
    /// A regular expression that a text has to match.
    pattern: Option<String>,
    /// A format of JSON Schema: `email`, `uri`, `date-time`, …
    format: Option<String>,
    /// The fields of an object, each a JSON Schema.
    properties: Option<Map<String, Value>>,
    /// Whether it is never printed or stored in clear.
    sensitive: Option<bool>,
}

/// One thing that is done: an operation of a capability, or something outside.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Step {
    /// Its id, unique among the steps.
    #[schemars(regex(pattern = "^[A-Za-z0-9_]+(-+[A-Za-z0-9_]+)*$"))]
    id: String,
    /// The capability the operation belongs to.
    capability: Option<String>,
    /// The operation: an `operationId` of the provider's OpenAPI description, or a name that the capabilities
    /// document maps to one.
    operation: Option<String>,
    /// What it does.
    description: Option<String>,
    /// Whether it is done by somebody or something outside; a mapping says more about it.
    external: Option<External>,
    /// The arguments of the operation by parameter or body property: literals, or templates with `${…}`. Where one
    /// name stands in two places: `path.id`, `query.id`, `header.x`, `cookie.x`, `body.id`.
    with: Option<Map<String, Value>>,
    /// The steps it follows, besides those it reads. Without this key it follows the step before it.
    depends_on: Option<Vec<String>>,
    /// Repeats the operation until something holds.
    poll: Option<Poll>,
}

/// Something done outside.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum External {
    /// Done outside, and shown all inputs and results so far.
    Plain(bool),
    /// Done outside, with what is handed over and what comes back.
    Detailed(ExternalDetails),
}

/// How something is done outside.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct ExternalDetails {
    /// Through what: `prompt` asks at the terminal.
    channel: Option<Channel>,
    /// What is handed over, by name.
    with: Option<BTreeMap<String, Value>>,
    /// The JSON Schema of what comes back.
    result: Option<Map<String, Value>>,
}

/// A way to somebody outside.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum Channel {
    Prompt,
}

/// Repeats an operation until something holds.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Poll {
    /// What has to hold: an expression over this step's own `response`.
    until: String,
    /// How long to wait between two attempts; from 5 s to 60 s by default.
    every: Option<String>,
    /// When to give up; 24 h by default.
    timeout: Option<String>,
}

/// A value that a run gives back.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Output {
    /// Its name.
    #[schemars(length(min = 1))]
    name: String,
    /// Where it is read: an expression, `create-organization.id`.
    source: String,
    /// What it means.
    description: Option<String>,
    /// The type it is declared to have.
    r#type: Option<InputType>,
    /// Whether it is never printed in clear.
    sensitive: Option<bool>,
}
