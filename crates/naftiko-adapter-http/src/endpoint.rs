//! Endpoints: the base URL of a provider and its credential.

use std::fmt;

use naftiko_adapter::Secrets;
use url::Url;

use crate::credential::{Credential, Keeper};
use crate::egress::Denied;

/// The endpoint at which the operations of one provider are carried out.
#[derive(Clone)]
pub struct Endpoint {
    /// The base URL, which may have a path.
    pub base_url: Url,
    /// The credential.
    pub credential: Credential,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may contain a password or a key, so only its origin and path are shown.
        let place = format!("{}{}", self.base_url.origin().ascii_serialization(), self.base_url.path());
        f.debug_struct("Endpoint").field("base_url", &place).field("credential", &self.credential).finish()
    }
}

/// The reason why an adapter cannot be built. No variant shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The base URL cannot be used.
    #[error("the base URL of `{provider}` cannot be used: {reason}")]
    BaseUrl {
        /// The provider.
        provider: String,
        /// The defect of the URL.
        reason: &'static str,
    },
    /// A token or key cannot be sent.
    #[error("the token for `{provider}` is empty or has a character that a header cannot carry")]
    Token {
        /// The provider.
        provider: String,
    },
    /// A secret is not available.
    #[error("{reason}")]
    Secret {
        /// The provider that the secret belongs to.
        provider: String,
        /// The name of the secret and the reason.
        reason: String,
    },
    /// The credential cannot be used.
    #[error("the credential for `{provider}` cannot be used: {reason}")]
    Credential {
        /// The provider.
        provider: String,
        /// The defect of the credential.
        reason: &'static str,
    },
    /// The egress policy denies an endpoint.
    #[error("`{provider}`: {denied}")]
    Denied {
        /// The provider.
        provider: String,
        /// The reason.
        denied: Denied,
    },
    /// The scheme of a proxy is not supported.
    #[error("a proxy of the scheme `{scheme}` cannot be used: it has to be `http` or `https`")]
    Proxy {
        /// The scheme.
        scheme: String,
    },
    /// A certificate file has no readable certificates.
    #[error("`{file}` has no certificate that can be read: they are given in PEM form")]
    Certificates {
        /// The name of the file.
        file: String,
    },
    /// The program has not installed a cryptography provider.
    #[error("no cryptography provider is installed for TLS")]
    NoCryptography,
    /// The HTTP client could not be created.
    #[error("the HTTP client cannot be started: {reason}")]
    Client {
        /// The error message of the client.
        reason: String,
    },
}

/// A checked endpoint.
pub(crate) struct Door {
    base: String,
    /// The origin of the base URL: scheme, host and port.
    pub(crate) host: String,
    /// The credential.
    pub(crate) keeper: Keeper,
}

impl Door {
    pub(crate) fn open(provider: &str, endpoint: &Endpoint, secrets: &Secrets) -> Result<Self, BuildError> {
        let url = &endpoint.base_url;
        let wrong = |reason| Err(BuildError::BaseUrl { provider: provider.to_owned(), reason });
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("it has to begin with `https://` or `http://`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it carries a user or a password, which belong into the credential");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("it has a query or a fragment");
        }
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            host: url.origin().ascii_serialization(),
            keeper: Keeper::new(provider, &endpoint.credential, secrets)?,
        })
    }

    /// The URL of a request below the base URL; `None` if parsing would change its path.
    pub(crate) fn url(&self, path_and_query: &str) -> Option<Url> {
        let text = format!("{}{path_and_query}", self.base);
        let url = Url::parse(&text).ok()?;
        let path = text.split('?').next()?;
        (url.as_str().split('?').next()? == path).then_some(url)
    }
}
