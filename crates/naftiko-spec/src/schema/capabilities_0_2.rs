//! Capabilities 0.2: names the OpenAPI description.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::capabilities_0_1::AuthType;
use super::policies_0_2::Retry;

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
    /// The subject of the document.
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
    /// The sources of the document.
    sources: Option<Vec<String>>,
    /// The URL that the paths of operations are appended to.
    base_url: Option<String>,
    /// How requests are authenticated.
    auth: Option<Auth>,
    /// The entity that separates the provider's customers, as parameters name it: `organization` for `organization_id`.
    tenant: Option<String>,
    /// How often the provider may be called, over all operations.
    rate_limit: Option<RateLimit>,
    /// The OpenAPI description, or several, by paths relative to this document.
    openapi: Option<OneOrMany>,
    /// The operations by the names that compositions use, for names that are not an `operationId`.
    operations: Option<BTreeMap<String, Operation>>,
    /// The groups of operations.
    capabilities: Vec<Capability>,
}

/// How requests are authenticated. Secrets are named, never written.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Auth {
    /// The scheme.
    r#type: AuthType,
    /// The environment variable that holds the secret: the token of `bearer`, the key of `apiKey`, `user:password` of
    /// `basic`.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    env_var: Option<String>,
    /// The file that holds the secret, in place of `envVar`; its path is relative to this document.
    file: Option<String>,
    /// The program that prints the secret, and its arguments, in place of `envVar`. It never runs through a shell, and
    /// only if the operator allows it.
    command: Option<Command>,
    /// `apiKey`: where the key goes.
    r#in: Option<KeyPlace>,
    /// `apiKey`: the name of the header, query parameter or cookie.
    name: Option<String>,
    /// `basic`: the environment variable that holds the username, together with `passwordEnv`.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    username_env: Option<String>,
    /// `basic`: the environment variable that holds the password, together with `usernameEnv`.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    password_env: Option<String>,
    /// `basic`: where the username is found, in place of `usernameEnv`.
    username: Option<SecretPlace>,
    /// `basic`: where the password is found, in place of `passwordEnv`.
    password: Option<SecretPlace>,
    /// `oauth2`: the grant type.
    grant: Option<Grant>,
    /// `oauth2`: the URL of the token endpoint; one that begins with `/` is relative to the host of the base URL.
    token_url: Option<String>,
    /// `oauth2`: the environment variable that holds the client's id.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    client_id_env: Option<String>,
    /// `oauth2`: the environment variable that holds the client's secret.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    client_secret_env: Option<String>,
    /// `oauth2`: where the client's id is found, in place of `clientIdEnv`.
    client_id: Option<SecretPlace>,
    /// `oauth2`: where the client's secret is found, in place of `clientSecretEnv`.
    client_secret: Option<SecretPlace>,
    /// `oauth2`: how the client authenticates; by default in the `Authorization` header.
    client_auth: Option<ClientAuth>,
    /// `oauth2`: the scopes to request.
    scopes: Option<Vec<String>>,
    /// `oauth2`: the audience of the token.
    audience: Option<String>,
    /// A description of the secret.
    description: Option<String>,
}

/// Where a secret is found: exactly one of these.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct SecretPlace {
    /// The environment variable that holds it.
    #[schemars(regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    env_var: Option<String>,
    /// The file that holds it; its path is relative to this document.
    file: Option<String>,
    /// The program that prints it, and its arguments. It never runs through a shell, and only if the operator allows
    /// it.
    command: Option<Command>,
}

/// A program and its arguments.
#[derive(JsonSchema)]
#[schemars(extend("minItems" = 1))]
pub(super) struct Command(Vec<String>);

/// How a client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum ClientAuth {
    /// In the `Authorization` header: `client_secret_basic`.
    Basic,
    /// In the body: `client_secret_post`.
    Form,
}

/// The place of a key in a request.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// An OAuth 2.0 grant type (RFC 6749).
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Grant {
    ClientCredentials,
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

/// The operation of a name.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Operation {
    /// An `operationId`.
    Id(String),
    /// An operation, by `operationId` or by method and path, with facts about it.
    Detailed(Box<OperationDetails>),
}

/// An operation, with facts about it.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct OperationDetails {
    /// The `operationId`.
    operation_id: Option<String>,
    /// The HTTP method, together with `path`.
    method: Option<String>,
    /// The path as in the description, together with `method`.
    path: Option<String>,
    /// The header that carries an idempotency key, if the provider honors one.
    idempotency_key: Option<String>,
    /// The effects on people's access, as one word or several, for the `governance` rules.
    purpose: Option<OneOrManyPurposes>,
    /// The retry policy for failed attempts, unless the step has its own.
    retry: Option<Retry>,
    /// How often the operation may be called.
    rate_limit: Option<RateLimit>,
    /// Paths in the response body whose values are never printed or stored in clear, such as `token` or
    /// `data[*].secret`.
    sensitive: Option<Vec<String>>,
    /// How long values in the response body are valid, by path: `link: 5m`.
    expires: Option<BTreeMap<String, String>>,
}

/// One purpose, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum OneOrManyPurposes {
    /// One purpose.
    One(Purpose),
    /// Several purposes.
    Many(Vec<Purpose>),
}

/// An effect of an operation on people's access.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum Purpose {
    /// Creates a person's sign-in.
    CreateUser,
    /// Grants a person access: a membership, an invitation, a role.
    GrantAccess,
    /// Changes the permissions of a person with access.
    ChangeAccess,
    /// Revokes a person's access.
    RevokeAccess,
    /// Reports whether an organization or its domain is verified.
    VerifyOrganization,
    /// Records an action for audit.
    RecordAudit,
    /// Creates a link that gives its holder access.
    MakeLink,
}

/// A rate limit.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct RateLimit {
    /// The number of calls.
    #[schemars(range(min = 1))]
    requests: u32,
    /// The time in which they may be made.
    per: String,
}

/// A named group of operations.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Capability {
    /// The id, unique in the document.
    id: String,
    /// The name, for people.
    name: Option<String>,
    /// A description.
    description: Option<String>,
    /// The operations, by `operationId` or by a name that `operations` maps.
    operation_ids: Option<Vec<String>>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
}
