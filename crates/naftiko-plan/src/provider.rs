//! Providers, and how they let a request in. Secrets are named here, and nowhere kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::RateLimit;

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
    /// How often it may be asked, over all its operations; `None`: as often as one likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

impl Provider {
    /// Whether it is spoken to in the same way, whoever says so.
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        self.base_url == other.base_url && self.auth == other.auth
    }
}

/// What is sent to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Auth {
    /// Nothing.
    None,
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer {
        /// Where the token is found.
        token: SecretName,
    },
    /// A key in a place of every request.
    ApiKey {
        /// Where it goes.
        #[serde(rename = "in")]
        place: KeyPlace,
        /// The name of the header, query parameter or cookie.
        name: String,
        /// Where the key is found.
        key: SecretName,
    },
    /// `Authorization: Basic …` (RFC 7617), with a name and a password.
    Basic {
        /// Where the user's name is found.
        username: SecretName,
        /// Where the password is found.
        password: SecretName,
    },
    /// `Authorization: Basic …`, with both in one secret.
    BasicPair {
        /// Where `user:password` is found.
        credentials: SecretName,
    },
    /// `Authorization: Bearer …`, with a token that is had for the client's own credentials (RFC 6749 §4.4).
    #[serde(rename = "oauth2")]
    ClientCredentials {
        /// The URL that gives tokens; one that begins with `/` is at the host of the base URL.
        token_url: String,
        /// Where the client's id is found.
        client_id: SecretName,
        /// Where the client's secret is found.
        client_secret: SecretName,
        /// How the two are shown.
        #[serde(default)]
        client_auth: ClientAuth,
        /// What the token is to allow; nothing: what the provider gives.
        scopes: Vec<String>,
        /// Whom the token is for, where the provider asks.
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

/// How a client shows its id and its secret to have a token (RFC 6749 §2.3.1).
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
    /// A file, by its path as seen from where the composition was read; white space around its content does not count.
    File(String),
    /// A program and its arguments: what it prints, without the line break at its end.
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
