//! Composition 0.1, as published.

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A workflow of inputs, steps and outputs over the operations of one provider. Data flow between steps is not
/// written down; `naftiko` infers it and says what it inferred.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", title = "Naftiko Capability Composition 0.1")]
pub(super) struct Composition {
    /// The name of the composition.
    name: String,
    /// The purpose.
    description: Option<String>,
    /// The kind of document.
    #[schemars(extend("const" = "Naftiko Capability Composition"))]
    specification: String,
    /// The edition of the language.
    #[schemars(extend("const" = "0.1"))]
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
    /// The inputs of a run.
    inputs: Option<Vec<Input>>,
    /// The steps, in order.
    #[schemars(length(min = 1))]
    steps: Vec<Step>,
    /// The outputs of a run.
    outputs: Option<Vec<Output>>,
}

/// An input of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Input {
    /// The name.
    #[schemars(length(min = 1))]
    name: String,
    /// The type of its value.
    r#type: InputType,
    /// Whether a run without it is refused.
    required: Option<bool>,
    /// The items of a list: the name of a type, or a JSON Schema.
    items: Option<Items>,
}

/// The type of an input.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum InputType {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
}

/// The items of a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Items {
    /// The name of a type.
    Name(InputType),
    /// A JSON Schema.
    Schema(Map<String, Value>),
}

/// A step: an operation of a capability, or something done outside. Every other key of an operation step is a literal
/// argument of the operation.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Step {
    /// The id, unique among the steps.
    #[schemars(regex(pattern = "^[A-Za-z0-9_]+(-+[A-Za-z0-9_]+)*$"))]
    id: String,
    /// The capability the operation belongs to.
    capability: Option<String>,
    /// The operation: an `operationId` of the provider's OpenAPI description.
    operation: Option<String>,
    /// A description.
    description: Option<String>,
    /// Whether a person or a system outside does it.
    external: Option<bool>,
}

/// An output of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Output {
    /// The name.
    #[schemars(length(min = 1))]
    name: String,
    /// Where it is read from: a step's id and a path into its result, such as `create-organization.id`.
    source: String,
}
