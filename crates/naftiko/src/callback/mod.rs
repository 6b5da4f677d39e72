//! The URLs at which messages are answered. Each holds a token signed with the key of the journal.
//!
//! The token names a run, a step and an expiry. It is written into messages only: neither into the journal nor to a
//! screen.

mod page;
mod reception;

use std::fmt;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use naftiko_adapter::Question;
use naftiko_adapter_external::AnswerAddress;
use naftiko_journal::{Store, StoreError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::args::PublicUrl;
use crate::world;

pub(crate) use reception::Reception;

/// Makes the URLs for answers, as soon as it has the journal whose key signs them.
pub(crate) struct Callback {
    store: OnceLock<Store>,
    base: Option<Url>,
}

impl Callback {
    /// Makes no URLs, for processes that send no messages.
    pub(crate) fn none() -> Self {
        Self { store: OnceLock::new(), base: None }
    }

    /// Makes URLs below `--public-url`, or else the URL in the environment; without either, none.
    ///
    /// # Errors
    /// If the value in the environment is not such a URL.
    pub(crate) fn new(given: &PublicUrl) -> Result<Self, String> {
        Ok(Self { store: OnceLock::new(), base: given.base()? })
    }

    /// Sets the journal whose key signs the tokens; only the first call has an effect.
    pub(crate) fn sign_with(&self, store: &Store) {
        let _before = self.store.set(store.clone());
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("base", &self.base).finish_non_exhaustive()
    }
}

impl AnswerAddress for Callback {
    fn address(&self, question: &Question) -> Option<SecretString> {
        let (store, base) = self.store.get().zip(self.base.as_ref())?;
        let until = question.until.and_then(|until| until.duration_since(UNIX_EPOCH).ok());
        let pass = Pass {
            run: question.run.clone(),
            step: question.step.clone(),
            until: until.map(|until| until.as_secs()),
        };
        let token = pass.token(store).ok()?;
        Some(base.join(&format!("answers/{token}")).ok()?.to_string().into())
    }
}

/// The content of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pass {
    run: String,
    step: String,
    /// The expiry in seconds since 1970; `None` if the token does not expire.
    until: Option<u64>,
}

impl Pass {
    fn token(&self, store: &Store) -> Result<String, StoreError> {
        // Serializing strings and a number cannot fail.
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let signature = store.sign(&signed(&said))?;
        Ok(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Verifies and decodes a token. `None` if it was not signed with the key of this journal, or has expired.
    ///
    /// # Errors
    /// If the key cannot be read: then nothing is known about the token.
    fn read(token: &str, store: &Store) -> Result<Option<Self>, StoreError> {
        let parts = token.split_once('.');
        let parts = parts.and_then(|(said, signature)| Some((said, URL_SAFE_NO_PAD.decode(signature).ok()?)));
        match parts {
            Some((said, signature)) if store.is_signed(&signed(said), &signature)? => Ok(Self::decode(said)),
            _ => Ok(None),
        }
    }

    /// Decodes the signed part of a token. `None` if it has expired.
    fn decode(said: &str) -> Option<Self> {
        let pass: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()?;
        let now = SystemTime::from(world::now()).duration_since(UNIX_EPOCH).ok()?.as_secs();
        pass.until.is_none_or(|until| now < until).then_some(pass)
    }
}

/// The bytes to sign. The prefix prevents signatures for other purposes from being accepted as tokens.
fn signed(said: &str) -> Vec<u8> {
    format!("answer\n{said}").into_bytes()
}
