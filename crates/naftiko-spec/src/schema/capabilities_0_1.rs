//! Capabilities 0.1, as published.

use schemars::JsonSchema;

/// The operations of a provider's API, in named groups.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", title = "Naftiko Capabilities 0.1")]
pub(super) struct Capabilities {
    /// The name of the document.
    name: Option<String>,
    /// The subject of the document.
    description: Option<String>,
    /// The kind of document.
    #[schemars(extend("const" = "Naftiko Capabilities"))]
    specification: String,
    /// The edition of the language.
    #[schemars(extend("const" = "0.1"))]
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
    /// The sources of the document.
    sources: Option<Vec<String>>,
    /// The URL that the paths of operations are appended to.
    base_url: Option<String>,
    /// How requests are authenticated.
    auth: Option<Auth>,
    /// The groups of operations.
    capabilities: Vec<Capability>,
}

/// How requests are authenticated. Secrets are named, never written.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Auth {
    /// The scheme.
    r#type: AuthType,
    /// The environment variable that holds the secret.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    env_var: Option<String>,
    /// A description of the secret.
    description: Option<String>,
}

/// A scheme of authentication.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) enum AuthType {
    Bearer,
    ApiKey,
    Basic,
    Oauth2,
    None,
}

/// A named group of operations.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct Capability {
    /// The id, unique in the document.
    id: String,
    /// The name, for people.
    name: Option<String>,
    /// A description.
    description: Option<String>,
    /// The operations, by `operationId`.
    operation_ids: Option<Vec<String>>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
}
