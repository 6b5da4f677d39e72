//! Secrets, read at their first use.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use naftiko_adapter::{Failure, SecretHistory};
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A source of a secret, such as a file or a command.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Reads the secret.
    ///
    /// # Errors
    /// A failure that names the secret and the reason, without any part of it: of the kind
    /// [`Refused`](naftiko_adapter::FailureKind::Refused), or
    /// [`LocalShortage`](naftiko_adapter::FailureKind::LocalShortage) if this machine lacks the resources to read it.
    async fn read(&self) -> Result<SecretString, Failure>;

    /// The secret, if it is available at once and at no cost. Called when an adapter is built, so that a missing secret
    /// is reported before anything is sent; the value is not retained.
    ///
    /// # Errors
    /// One line that names the secret and says why it is certainly not available.
    fn peek(&self) -> Result<Option<SecretString>, String> {
        Ok(None)
    }
}

/// A secret, or the source to read it from. Clones share the value that was read.
#[derive(Clone)]
pub struct Secret(Kind);

#[derive(Clone)]
enum Kind {
    Known(SecretString, SecretHistory),
    Sought(Arc<Sought>),
}

struct Sought {
    source: Arc<dyn SecretSource>,
    good_for: Option<Duration>,
    read: Mutex<Option<(Instant, SecretString)>>,
    history: SecretHistory,
}

impl Secret {
    /// A secret that is read from `source` at its first use, and again once it is older than `good_for`; with `None` it
    /// is read once.
    pub fn sought(source: Arc<dyn SecretSource>, good_for: Option<Duration>) -> Self {
        Self(Kind::Sought(Arc::new(Sought {
            source,
            good_for,
            read: Mutex::default(),
            history: SecretHistory::default(),
        })))
    }

    /// The secret. Concurrent callers wait for one reading of the source.
    pub(crate) async fn read(&self) -> Result<SecretString, Failure> {
        let sought = match &self.0 {
            Kind::Known(secret, _) => return Ok(secret.clone()),
            Kind::Sought(sought) => sought,
        };
        let mut read = sought.read.lock().await;
        let is_good = |at: &Instant| sought.good_for.is_none_or(|good_for| at.elapsed() < good_for);
        if let Some((_, secret)) = read.as_ref().filter(|(at, _)| is_good(at)) {
            return Ok(secret.clone());
        }
        let secret = sought.source.read().await?;
        *read = Some((Instant::now(), secret.clone()));
        Ok(secret)
    }

    /// The history of the values to mask. Clones share it.
    pub(crate) fn history(&self) -> &SecretHistory {
        match &self.0 {
            Kind::Known(_, history) => history,
            Kind::Sought(sought) => &sought.history,
        }
    }

    /// Discards the value after the provider rejected it; the next use reads the source again.
    pub(crate) async fn forget(&self) {
        if let Kind::Sought(sought) = &self.0 {
            *sought.read.lock().await = None;
        }
    }

    /// The secret, if it is available without reading its source at a cost.
    pub(crate) fn peek(&self) -> Result<Option<SecretString>, String> {
        match &self.0 {
            Kind::Known(secret, _) => Ok(Some(secret.clone())),
            Kind::Sought(sought) => sought.source.peek(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<SecretString> for Secret {
    fn from(secret: SecretString) -> Self {
        Self(Kind::Known(secret, SecretHistory::default()))
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(Kind::Known(secret.into(), SecretHistory::default()))
    }
}
