//! Capabilities 0.2: says where the OpenAPI description is.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::capabilities_0_1::AuthType;

/// The operations of a provider's API, in named groups, and where they are described.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "camelCase",
    title = "Naftiko Capabilities 0.2",
    extend("additionalProperties" = false, "patternProperties" = {"^x-": true})
)]
pub(super) struct Capabilities {
    /// The name of the document.
    name: Option<String>,
    /// What it covers.
    description: Option<String>,
    /// The kind of document.
    #[schemars(extend("const" = "Naftiko Capabilities"))]
    specification: String,
    /// The edition of the language.
    #[schemars(extend("const" = "0.2"))]
    specification_version: String,
    /// The provider's name, for people.
    provider: Option<String>,
    /// The provider's id.
    provider_id: String,
    /// The provider's API.
    api: Option<String>,
    /// When it was written.
    created: Option<String>,
    /// When it was last changed.
    modified: Option<String>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// Where the facts come from.
    sources: Option<Vec<String>>,
    /// The URL that paths of operations are put behind.
    base_url: Option<String>,
    /// What is sent to be let in.
    auth: Option<Auth>,
    /// The OpenAPI description, or several, by paths relative to this document.
    openapi: Option<OneOrMany>,
    /// What a name used in compositions stands for, where it is not itself an `operationId`.
    operations: Option<BTreeMap<String, Operation>>,
    /// The groups of operations.
    capabilities: Vec<Capability>,
}

/// What is sent to be let in. Secrets are named, never written.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Auth {
    /// The scheme.
    r#type: AuthType,
    /// The environment variable that holds the secret.
    env_var: Option<String>,
    /// What the secret is.
    description: Option<String>,
}

/// One path, or a list of paths.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum OneOrMany {
    /// One path.
    One(String),
    /// Several paths.
    Many(Vec<String>),
}

/// What a name stands for.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Operation {
    /// An `operationId`.
    Id(String),
    /// An operation, by `operationId` or by method and path, and what is known of it besides.
    Detailed(OperationDetails),
}

/// An operation, and what is known of it besides.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct OperationDetails {
    /// Its `operationId`.
    operation_id: Option<String>,
    /// Its HTTP method, together with `path`.
    method: Option<String>,
    /// Its path as the description writes it, together with `method`.
    path: Option<String>,
    /// The header that carries an idempotency key, if the provider honours one.
    idempotency_key: Option<String>,
    /// How long what is in the body of the response is good for, by path: `link: 5m`.
    expires: Option<BTreeMap<String, String>>,
}

/// A named group of operations.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Capability {
    /// Its id, unique in the document.
    id: String,
    /// Its name, for people.
    name: Option<String>,
    /// What it does.
    description: Option<String>,
    /// Its operations, by `operationId` or by a name that `operations` maps.
    operation_ids: Option<Vec<String>>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
}
