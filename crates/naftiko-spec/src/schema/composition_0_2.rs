//! Composition 0.2: nothing is inferred.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::capabilities_0_2::OneOrMany;
use super::composition_0_1::{InputType, Items};
use super::policies_0_2::{Every, Retry};

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
    /// The purpose.
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
    /// The inputs of a run.
    inputs: Option<Vec<Input>>,
    /// The steps.
    #[schemars(length(min = 1))]
    steps: Vec<Step>,
    /// The outputs of a run.
    outputs: Option<Vec<Output>>,
}

/// An input of a run. The keywords of JSON Schema have their usual meaning.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
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
    /// The meaning.
    description: Option<String>,
    /// The default.
    default: Option<Value>,
    /// The values it may have.
    r#enum: Option<Vec<Value>>,
    /// A regular expression that a string has to match.
    pattern: Option<String>,
    /// A format of JSON Schema: `email`, `uri`, `date-time`, …
    format: Option<String>,
    /// The fields of an object, each a JSON Schema.
    properties: Option<Map<String, Value>>,
    /// Whether it is never printed or stored unencrypted.
    sensitive: Option<bool>,
}

/// A step: an operation of a capability, something done outside, or another composition.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Step {
    /// The id, unique among the steps.
    #[schemars(regex(pattern = "^[A-Za-z0-9_]+(-+[A-Za-z0-9_]+)*$"))]
    id: String,
    /// The capability the operation belongs to.
    capability: Option<String>,
    /// The operation: an `operationId` of the provider's OpenAPI description, or a name that the capabilities
    /// document maps to one.
    operation: Option<String>,
    /// A description.
    description: Option<String>,
    /// Whether a person or a system outside does it; a mapping gives details.
    external: Option<External>,
    /// The arguments of the operation by parameter or body property: literals, or templates with `${…}`. Where a name
    /// occurs in several places of the request, a prefix says which is meant: `path.id`, `query.id`, `header.x`,
    /// `cookie.x`, `body.id`.
    with: Option<Map<String, Value>>,
    /// The composition to run as this step, by its path relative to this document; `with` gives its inputs, and its
    /// outputs are the result.
    composition: Option<String>,
    /// The steps it follows, in addition to those it reads. Without this key it follows the step before it.
    depends_on: Option<Vec<String>>,
    /// The condition for running it: an expression. If it is false the step is skipped, and its result is absent.
    when: Option<String>,
    /// The list it runs for, once for each `item`: an expression. Its result is the list of results, in order.
    for_each: Option<String>,
    /// How many items run at a time; one by default.
    #[schemars(range(min = 1, max = 1000))]
    concurrency: Option<u32>,
    /// Repeats the operation until a condition is true.
    poll: Option<Poll>,
    /// Reads every page of a list: the result of the step is the list of all items. `true` if the description of the
    /// operation says how one page leads to the next.
    paginate: Option<Paginate>,
    /// The retry policy for failed attempts.
    retry: Option<Retry>,
    /// How long one attempt may take.
    timeout: Option<String>,
    /// Conditions on the `response` that must be true, or the step fails: expressions.
    expect: Option<Vec<String>>,
    /// The effect of a failure on the run.
    on_failure: Option<OnFailure>,
    /// The operation that compensates the step when the run fails, or is cancelled with compensation.
    compensate: Option<Compensate>,
    /// The handling of a call whose outcome is unknown, and that must not be made twice.
    on_doubt: Option<OnDoubt>,
}

/// The effect of a failed step on the run.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum OnFailure {
    /// The run fails too.
    Fail,
    /// The run continues; the result of the step is absent.
    Continue,
}

/// The handling of a call whose outcome is unknown.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum OnDoubt {
    /// Stop, and ask an operator.
    Ask,
    /// Make the call again.
    Retry,
    /// Treat the step as failed.
    Fail,
}

/// The operation that compensates a step.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Compensate {
    /// The capability the operation belongs to.
    capability: Option<String>,
    /// The operation.
    operation: String,
    /// The arguments, which can read the compensated step and those before it.
    with: Option<Map<String, Value>>,
    /// Whether failed attempts are compensated too.
    after_failure: Option<bool>,
}

/// A step done outside.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum External {
    /// Done outside, and shown all inputs and results so far.
    Plain(bool),
    /// Done outside, with what is handed over and the form of the answer.
    Detailed(Box<ExternalDetails>),
}

/// How a step is done outside. The channel decides which settings there are: `email` takes `to`, `subject` and
/// `template`, `webhook` takes `url` and `headers`, `command` takes `command`, and `prompt` takes none.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct ExternalDetails {
    /// The channel to ask through; `prompt` by default.
    channel: Option<Channel>,
    /// `email`: the address, or several; templates.
    to: Option<OneOrMany>,
    /// `email`: the subject; a template. The step's description by default.
    subject: Option<String>,
    /// `email`: the text; a template. The step's description by default.
    template: Option<String>,
    /// `webhook`: the URL that the question is posted to; a template.
    url: Option<String>,
    /// `webhook`: headers by name; templates.
    headers: Option<BTreeMap<String, String>>,
    /// `command`: the program and its arguments, which never go through a shell; templates.
    command: Option<OneOrMany>,
    /// The values to hand over, by name.
    with: Option<BTreeMap<String, Value>>,
    /// The JSON Schema of the answer.
    result: Option<Map<String, Value>>,
    /// How long to wait for the answer; forever by default.
    timeout: Option<String>,
}

/// A way to reach a person or a system outside.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum Channel {
    /// Asks at the terminal.
    Prompt,
    /// Sends an e-mail.
    Email,
    /// Posts to a URL.
    Webhook,
    /// Runs a program.
    Command,
}

/// Repeats an operation until a condition is true.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Poll {
    /// The condition: an expression over this step's own `response`.
    until: String,
    /// The condition that fails the step at once: an expression over this step's own `response`.
    fail_when: Option<String>,
    /// How long to wait between two attempts; from 5 s to 60 s by default.
    every: Option<Every>,
    /// The time limit; 24 h by default.
    timeout: Option<String>,
}

/// How a list that comes in pages is read.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Paginate {
    /// As in the description of the operation.
    Plain(bool),
    /// As given here.
    Detailed(Box<PaginateDetails>),
}

/// How one page of a list leads to the next: by `cursor`, `page`, `offset` or `link`. Whatever is left out is taken
/// from the description of the operation.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct PaginateDetails {
    /// The path of the list in the response body, such as `data`. Without it, the body itself or the only list in it.
    items: Option<String>,
    /// The path of the cursor of the next page, such as `list_metadata.after` or `data[-1].id`. The last page has none.
    cursor: Option<String>,
    /// The query parameter that takes the cursor: `after`.
    parameter: Option<String>,
    /// The query parameter that takes the number of a page.
    page: Option<String>,
    /// The query parameter that takes the number of items before a page.
    offset: Option<String>,
    /// Whether the `Link` header names the next page, with `rel="next"`.
    link: Option<bool>,
    /// How many items there may be in all; 10,000 by default. With more, the step fails.
    #[schemars(range(min = 1, max = 1_000_000))]
    max: Option<u32>,
}

/// An output of a run.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Output {
    /// The name.
    #[schemars(length(min = 1))]
    name: String,
    /// Where it is read from: an expression, such as `create-organization.id`.
    source: String,
    /// The meaning.
    description: Option<String>,
    /// The declared type.
    r#type: Option<InputType>,
    /// Whether it is never printed unredacted.
    sensitive: Option<bool>,
}
