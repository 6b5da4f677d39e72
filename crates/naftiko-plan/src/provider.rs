//! Providers and their authentication. Secrets are only named here, never stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::RateLimit;

/// The location of a provider, and the authentication of requests to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// The URL that the paths of operations are appended to.
    pub base_url: Option<String>,
    /// The authentication of requests.
    pub auth: Auth,
    /// The path of the capabilities document that describes the provider.
    pub source: String,
    /// The rate limit over all operations; `None` for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

impl Provider {
    /// Whether both have the same address and authentication, in whichever documents.
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        self.base_url == other.base_url && self.auth == other.auth
    }

    /// The URL of the token endpoint for a provider at `base_url`; `None` if it needs no tokens.
    ///
    /// A path is relative to the host of the base URL. If the operator overrides the base URL, a token URL at the
    /// documented host moves to the new host as well.
    ///
    /// # Errors
    /// [`NotATokenUrl`], also for a path without a base URL.
    pub fn token_url(&self, base_url: Option<&Url>) -> Result<Option<Url>, NotATokenUrl> {
        let Auth::ClientCredentials { token_url: written, .. } = &self.auth else { return Ok(None) };
        let wrong = || NotATokenUrl { url: written.clone(), source_document: self.source.clone() };
        let at_base = |path: &str| base_url.and_then(|base| base.join(path).ok()).ok_or_else(wrong);
        if written.starts_with('/') && !written.starts_with("//") {
            return at_base(written).map(Some);
        }
        let url: Url = written.parse().map_err(|_| wrong())?;
        let documented = self.base_url.as_deref().and_then(|url| url.parse::<Url>().ok());
        if base_url.is_none() || documented.is_none_or(|documented| documented.origin() != url.origin()) {
            return Ok(Some(url));
        }
        let below =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        at_base(&below).map(Some)
    }
}

/// A malformed token URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the token URL `{url}` of `{source_document}` is not a URL")]
pub struct NotATokenUrl {
    url: String,
    source_document: String,
}

/// The authentication of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Auth {
    /// No authentication.
    None,
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer {
        /// The name of the token.
        token: SecretName,
    },
    /// A key that is sent with every request.
    ApiKey {
        /// The place of the key in a request.
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
        /// The URL of the token endpoint; one that starts with `/` is relative to the host of the base URL.
        token_url: String,
        /// The name of the secret that holds the client's id.
        client_id: SecretName,
        /// The name of the secret that holds the client's secret.
        client_secret: SecretName,
        /// The authentication of the client.
        #[serde(default)]
        client_auth: ClientAuth,
        /// The scopes to request; empty for the provider's default.
        scopes: Vec<String>,
        /// The audience of the token, for providers that require one.
        audience: Option<String>,
    },
}

impl Auth {
    /// The secrets of the scheme, in the order of the document's keys.
    pub fn secrets(&self) -> Vec<&SecretName> {
        match self {
            Self::None => Vec::new(),
            Self::Bearer { token: secret }
            | Self::ApiKey { key: secret, .. }
            | Self::BasicPair { credentials: secret } => vec![secret],
            Self::Basic { username, password } => vec![username, password],
            Self::ClientCredentials { client_id, client_secret, .. } => vec![client_id, client_secret],
        }
    }

    /// Each secret with each server that receives it: the server of `base_url`, which receives requests, or that of
    /// `token_url`, which issues tokens. A token counts as the secret it was obtained with. `None` for an unknown URL.
    pub fn sent_to<'u>(
        &self,
        base_url: Option<&'u Url>,
        token_url: Option<&'u Url>,
    ) -> Vec<(&SecretName, Option<&'u Url>)> {
        match self {
            Self::ClientCredentials { client_id, client_secret, .. } => {
                vec![(client_id, token_url), (client_secret, token_url), (client_secret, base_url)]
            }
            other => other.secrets().into_iter().map(|secret| (secret, base_url)).collect(),
        }
    }

    /// The scheme, as named in capabilities documents.
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

/// The place of a key in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the language's")]
pub enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// The authentication of a client at the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the body.
    Form,
}

/// The name of a secret, never its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretName {
    /// An environment variable.
    EnvVar(String),
    /// A file, by its path relative to the composition; white space around its content is ignored.
    File(String),
    /// A program and its arguments: the secret is its output, without the trailing line break.
    Command(Vec<String>),
}

impl SecretName {
    /// The name in approvals: the variable, the path, or the program without its arguments.
    pub fn approval_name(&self) -> &str {
        match self {
            Self::EnvVar(name) | Self::File(name) => name,
            Self::Command(words) => words.first().map_or("", String::as_str),
        }
    }
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
