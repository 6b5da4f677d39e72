//! Posts messages that belong to no operation, under the same egress policy. Only the status of a response is read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use naftiko_adapter::Failure;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::egress::Denied;
use crate::refused;
use crate::transport::{Message, Transport};

/// Posts messages over HTTP.
pub struct Poster {
    transport: Arc<Transport>,
    timeout: Duration,
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poster").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl Poster {
    pub(crate) fn new(transport: Transport, timeout: Duration) -> Self {
        Self { transport: Arc::new(transport), timeout }
    }

    /// Checks whether the policy permits posting to a URL, as far as possible before its name is resolved.
    ///
    /// # Errors
    /// The reason for the denial.
    pub fn permit(&self, url: &Url) -> Result<(), Denied> {
        self.transport.permit(url)
    }

    /// Posts a message once, and returns the status of the response.
    ///
    /// # Errors
    /// A [`Failure`] that says how far the message got.
    pub async fn post(&self, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<u16, Failure> {
        let url: Url = url.parse().map_err(|error| refused(format!("its `url` is not a URL: {error}")))?;
        let mut written = HeaderMap::new();
        for (name, value) in headers {
            let unwritable = || refused(format!("the header `{name}` cannot be written"));
            let header = HeaderName::try_from(name.as_str()).map_err(|_| unwritable())?;
            written.insert(header, HeaderValue::try_from(value.as_str()).map_err(|_| unwritable())?);
        }
        let message = Message { method: Method::POST, url, headers: written, body: Some(body) };
        self.transport.ready(&message.url, self.timeout).await?;
        let status = self.transport.status(message, self.timeout).await;
        status.map_err(|failure| self.transport.secrets().mask().failure(&failure))
    }
}
