//! Composition 0.2: nothing is guessed.

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

/// One thing that is done: an operation of a capability, something outside, or another composition.
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
    /// The composition to run as this step, by its path relative to this document; `with` gives its inputs, and its
    /// outputs are the result.
    composition: Option<String>,
    /// The steps it follows, besides those it reads. Without this key it follows the step before it.
    depends_on: Option<Vec<String>>,
    /// What has to hold for it to be done: an expression. Otherwise it is skipped, and what reads it sees nothing.
    when: Option<String>,
    /// The list it is done for, once for each `item`: an expression. Its result is the list of results, in order.
    for_each: Option<String>,
    /// How many items are under way at a time; one by default.
    #[schemars(range(min = 1, max = 1000))]
    concurrency: Option<u32>,
    /// Repeats the operation until something holds.
    poll: Option<Poll>,
    /// Asks for every page of a list: the result of the step is then the list of all items. `true` where the description
    /// of the operation says how pages follow each other.
    paginate: Option<Paginate>,
    /// When an attempt that failed is made again.
    retry: Option<Retry>,
    /// How long one attempt may take.
    timeout: Option<String>,
    /// What has to hold of the `response`, or the step fails: expressions.
    expect: Option<Vec<String>>,
    /// What comes of the run when the step fails.
    on_failure: Option<OnFailure>,
    /// What undoes the step when the run fails or is cancelled with it.
    compensate: Option<Compensate>,
    /// What to do when nobody knows whether a call happened that must not happen twice.
    on_doubt: Option<OnDoubt>,
}

/// What comes of the run when a step fails.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum OnFailure {
    /// It fails too.
    Fail,
    /// It goes on; what reads the step sees nothing.
    Continue,
}

/// What to do when nobody knows whether a call happened.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum OnDoubt {
    /// Stop, and ask an operator.
    Ask,
    /// Make the call again.
    Retry,
    /// Take it for failed.
    Fail,
}

/// The operation that undoes a step.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Compensate {
    /// The capability the operation belongs to.
    capability: Option<String>,
    /// The operation.
    operation: String,
    /// Its arguments; they may read the step that is undone and those before it.
    with: Option<Map<String, Value>>,
    /// Whether an attempt that failed is undone too.
    after_failure: Option<bool>,
}

/// Something done outside.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum External {
    /// Done outside, and shown all inputs and results so far.
    Plain(bool),
    /// Done outside, with what is handed over and what comes back.
    Detailed(Box<ExternalDetails>),
}

/// How something is done outside. Which settings there are is said by the channel: `email` takes `to`, `subject` and
/// `template`, `webhook` takes `url` and `headers`, `command` takes `command`, and `prompt` takes none.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct ExternalDetails {
    /// Through what; `prompt` by default.
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
    /// What is handed over, by name.
    with: Option<BTreeMap<String, Value>>,
    /// The JSON Schema of what comes back.
    result: Option<Map<String, Value>>,
    /// How long to wait for what comes back; without it, for ever.
    timeout: Option<String>,
}

/// A way to somebody or something outside.
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

/// Repeats an operation until something holds.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Poll {
    /// What has to hold: an expression over this step's own `response`.
    until: String,
    /// What ends it at once, the step having failed: an expression over this step's own `response`.
    fail_when: Option<String>,
    /// How long to wait between two attempts; from 5 s to 60 s by default.
    every: Option<Every>,
    /// When to give up; 24 h by default.
    timeout: Option<String>,
}

/// Whether a list comes in pages.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Paginate {
    /// As the description of the operation says.
    Plain(bool),
    /// As is said here.
    Detailed(Box<PaginateDetails>),
}

/// How the pages of a list follow each other: by `cursor`, `page`, `offset` or `link`. What is not said is taken from
/// the description of the operation.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct PaginateDetails {
    /// The path of the list in the body of an answer: `data`. Without it, the body or the one list in it.
    items: Option<String>,
    /// The path of what the next page begins with: `list_metadata.after`, `data[-1].id`. The last page has none.
    cursor: Option<String>,
    /// The query parameter that takes the cursor: `after`.
    parameter: Option<String>,
    /// The query parameter that takes the number of a page.
    page: Option<String>,
    /// The query parameter that takes how many items come before a page.
    offset: Option<String>,
    /// Whether the header `Link` names the next page, by `rel="next"`.
    link: Option<bool>,
    /// How many items there may be in all; 10,000 by default. With more of them the step fails.
    #[schemars(range(min = 1, max = 1_000_000))]
    max: Option<u32>,
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
