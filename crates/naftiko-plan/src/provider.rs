//! Providers, and how requests to them are authenticated. Secrets are only named here, never stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::RateLimit;

/// Where a provider is, and how requests to it are authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// The URL that the paths of operations are appended to.
    pub base_url: Option<String>,
    /// How requests are authenticated.
    pub auth: Auth,
    /// The path of the capabilities document that says so.
    pub source: String,
    /// How often it may be called, over all its operations; `None` sets no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

impl Provider {
    /// Whether both have the same address and authentication, whatever document says so.
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        self.base_url == other.base_url && self.auth == other.auth
    }
}

/// How requests are authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Auth {
    /// Nothing.
    None,
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer {
        /// The name of the token.
        token: SecretName,
    },
    /// A key that is sent with every request.
    ApiKey {
        /// Where it goes.
        #[serde(rename = "in")]
        place: KeyPlace,
        /// The name of the header, query parameter or cookie.
        name: String,
        /// The name of the key.
        key: SecretName,
    },
    /// `Authorization: Basic …` (RFC 7617), with a username and a password.
    Basic {
        /// The name of the secret that holds the username.
        username: SecretName,
        /// The name of the secret that holds the password.
        password: SecretName,
    },
    /// `Authorization: Basic …`, with `user:password` as one secret.
    BasicPair {
        /// The name of the secret that holds `user:password`.
        credentials: SecretName,
    },
    /// `Authorization: Bearer …`, with a token of the OAuth 2.0 client credentials grant (RFC 6749 §4.4).
    #[serde(rename = "oauth2")]
    ClientCredentials {
        /// The URL of the token endpoint; one that begins with `/` is relative to the host of the base URL.
        token_url: String,
        /// The name of the secret that holds the client's id.
        client_id: SecretName,
        /// The name of the secret that holds the client's secret.
        client_secret: SecretName,
        /// How the client authenticates.
        #[serde(default)]
        client_auth: ClientAuth,
        /// The scopes to request; empty for the provider's default.
        scopes: Vec<String>,
        /// The audience of the token, for providers that ask for one.
        audience: Option<String>,
    },
}

impl Auth {
    /// The scheme, as a capabilities document names it.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer { .. } => "bearer",
            Self::ApiKey { .. } => "apiKey",
            Self::Basic { .. } | Self::BasicPair { .. } => "basic",
            Self::ClientCredentials { .. } => "oauth2",
        }
    }
}

/// Where a key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the language's")]
pub enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// How a client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the body.
    Form,
}

/// The name of a secret; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretName {
    /// An environment variable.
    EnvVar(String),
    /// A file, by its path relative to where the composition was read from; white space around its content is ignored.
    File(String),
    /// A program and its arguments: the secret is what it prints, without the trailing line break.
    Command(Vec<String>),
}

impl fmt::Display for SecretName {
    /// The variable, the path, or the program with its arguments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnvVar(name) | Self::File(name) => f.write_str(name),
            Self::Command(words) => f.write_str(&words.join(" ")),
        }
    }
}
