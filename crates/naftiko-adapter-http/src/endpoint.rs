//! Where a provider is, and what it is shown.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::egress::Denied;
use crate::mask::Mask;

/// Where the operations of one provider are carried out.
#[derive(Clone)]
pub struct Endpoint {
    /// What every path begins with; it may have a path of its own.
    pub base_url: Url,
    /// What is shown to be let in.
    pub credential: Credential,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL may carry a password or a key.
        let place = format!("{}{}", self.base_url.origin().ascii_serialization(), self.base_url.path());
        f.debug_struct("Endpoint").field("base_url", &place).field("credential", &self.credential).finish()
    }
}

/// What is shown to a provider to be let in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// A token in the `Authorization` header.
    Bearer(SecretString),
}

/// Why an adapter cannot be built. None of them shows a secret.
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
    /// A token that a header cannot carry.
    #[error("the token for `{provider}` is empty or has a character that a header cannot carry")]
    Token {
        /// The provider.
        provider: String,
    },
    /// An endpoint that may not be spoken to.
    #[error("`{provider}`: {denied}")]
    Denied {
        /// The provider.
        provider: String,
        /// Why.
        denied: Denied,
    },
    /// A proxy of a kind that is not spoken to.
    #[error("a proxy of the scheme `{scheme}` cannot be used: it has to be `http` or `https`")]
    Proxy {
        /// The scheme.
        scheme: String,
    },
    /// A file of certificates that has none.
    #[error("`{file}` has no certificate that can be read: they are given in PEM form")]
    Certificates {
        /// The file.
        file: String,
    },
    /// The program has not chosen its cryptography.
    #[error("no cryptography provider is installed for TLS")]
    NoCryptography,
    /// The HTTP client did not start.
    #[error("the HTTP client cannot be started: {reason}")]
    Client {
        /// Its own words.
        reason: String,
    },
}

/// An endpoint that has been found sound.
pub(crate) struct Door {
    base: String,
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    /// Host and port, for messages.
    pub(crate) host: String,
    /// Hides the credential in what comes back.
    pub(crate) mask: Mask,
}

impl Door {
    pub(crate) fn open(provider: &str, endpoint: &Endpoint) -> Result<Self, BuildError> {
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
            authorization: authorization(provider, &endpoint.credential)?,
            host: url.origin().ascii_serialization(),
            mask: match &endpoint.credential {
                Credential::None => Mask::default(),
                Credential::Bearer(token) => Mask::of("Bearer", token.expose_secret()),
            },
        })
    }

    /// The URL of a request below the base; nothing if reading it back would change it.
    pub(crate) fn url(&self, path_and_query: &str) -> Option<Url> {
        let text = format!("{}{path_and_query}", self.base);
        let url = Url::parse(&text).ok()?;
        let path = text.split('?').next()?;
        (url.as_str().split('?').next()? == path).then_some(url)
    }
}

fn authorization(provider: &str, credential: &Credential) -> Result<Option<HeaderValue>, BuildError> {
    let Credential::Bearer(token) = credential else { return Ok(None) };
    let token = token.expose_secret();
    let value = Some(token)
        .filter(|token| !token.is_empty() && crate::style::visible(token))
        .and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    match value {
        Some(mut value) => {
            value.set_sensitive(true);
            Ok(Some(value))
        }
        None => Err(BuildError::Token { provider: provider.to_owned() }),
    }
}
