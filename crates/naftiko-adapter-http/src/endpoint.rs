//! Endpoints: the base URL of a provider and its credential.

use std::fmt;

use naftiko_adapter::Secrets;
use url::Url;

use crate::credential::{Credential, Keeper};
use crate::error::BuildError;

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
            return wrong("it must begin with `https://` or `http://`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it contains a user or a password: move them to `auth`");
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
