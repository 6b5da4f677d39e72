//! Where a provider is, and how requests to it are authenticated.

use std::fmt;

use naftiko_adapter::Secrets;
use url::Url;

use crate::credential::{Credential, Keeper};
use crate::egress::Denied;

/// Where the operations of one provider are carried out.
#[derive(Clone)]
pub struct Endpoint {
    /// The base URL, which may have a path of its own.
    pub base_url: Url,
    /// The credential.
    pub credential: Credential,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL may carry a password or a key.
        let place = format!("{}{}", self.base_url.origin().ascii_serialization(), self.base_url.path());
        f.debug_struct("Endpoint").field("base_url", &place).field("credential", &self.credential).finish()
    }
}

/// Why an adapter cannot be built. No variant shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A base URL that nothing can be sent to.
    #[error("the base URL of `{provider}` cannot be used: {reason}")]
    BaseUrl {
        /// The provider.
        provider: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A token or a key that cannot be sent.
    #[error("the token for `{provider}` is empty or has a character that a header cannot carry")]
    Token {
        /// The provider.
        provider: String,
    },
    /// A secret that is not available.
    #[error("{reason}")]
    Secret {
        /// The provider it is for.
        provider: String,
        /// Its name, and why.
        reason: String,
    },
    /// A credential that cannot be used.
    #[error("the credential for `{provider}` cannot be used: {reason}")]
    Credential {
        /// The provider.
        provider: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An endpoint that the egress policy denies.
    #[error("`{provider}`: {denied}")]
    Denied {
        /// The provider.
        provider: String,
        /// Why.
        denied: Denied,
    },
    /// A proxy with an unsupported scheme.
    #[error("a proxy of the scheme `{scheme}` cannot be used: it has to be `http` or `https`")]
    Proxy {
        /// The scheme.
        scheme: String,
    },
    /// A certificate file without certificates.
    #[error("`{file}` has no certificate that can be read: they are given in PEM form")]
    Certificates {
        /// The file.
        file: String,
    },
    /// The program has not installed a cryptography provider.
    #[error("no cryptography provider is installed for TLS")]
    NoCryptography,
    /// The HTTP client could not be created.
    #[error("the HTTP client cannot be started: {reason}")]
    Client {
        /// Its own error message.
        reason: String,
    },
}

/// An endpoint that has been found sound.
pub(crate) struct Door {
    base: String,
    /// Host and port, for messages.
    pub(crate) host: String,
    /// What is shown there.
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

    /// The URL of a request below the base; `None` if reading it back would change it.
    pub(crate) fn url(&self, path_and_query: &str) -> Option<Url> {
        let text = format!("{}{path_and_query}", self.base);
        let url = Url::parse(&text).ok()?;
        let path = text.split('?').next()?;
        (url.as_str().split('?').next()? == path).then_some(url)
    }
}
