//! Errors of building an adapter.

use crate::egress::Denied;

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
    #[error("the token for `{provider}` is empty or has a character that a header cannot contain")]
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
    #[error("a proxy with the scheme `{scheme}` is not supported: use `http` or `https`")]
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
