//! Tokens of the OAuth 2.0 client credentials grant (RFC 6749 §4.4), shared by all calls to a provider.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use naftiko_adapter::{Failure, FailureKind, Mask, SecretHistory};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::answer::Asked;
use crate::grant::{self, ClientAuth, ClientCredentials};
use crate::mask::{basic_mask, bearer_mask, mask_of};
use crate::secret::Secret;
use crate::transport::Transport;

/// How long before its expiry a token is replaced: at most this long, and at most a tenth of its lifetime.
const MARGIN: Duration = Duration::from_mins(1);

/// The tokens of one client, shared by all clones. A token is fetched at its first use, and replaced shortly before it
/// expires or once the provider rejects it. It is held in memory only.
#[derive(Clone)]
pub struct Tokens(Arc<Shared>);

struct Shared {
    ask: ClientCredentials,
    /// Locked while a token is fetched: other calls that need one wait for it.
    state: tokio::sync::Mutex<State>,
    /// The number of token requests that have ended, with or without a token.
    landed: AtomicU64,
    history: SecretHistory,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    /// The failure of the last request, if it returned no token.
    failure: Option<Failure>,
}

/// A token.
pub(crate) struct Token {
    pub(crate) value: SecretString,
    /// Increases with each token request.
    pub(crate) serial: u64,
    /// When the token is to be replaced; `None` if only after a rejection.
    until: Option<Instant>,
}

impl Tokens {
    /// Tokens that are requested with these parameters. Nothing is sent yet.
    pub fn new(ask: ClientCredentials) -> Self {
        Self(Arc::new(Shared {
            ask,
            state: tokio::sync::Mutex::default(),
            landed: AtomicU64::new(0),
            history: SecretHistory::default(),
        }))
    }

    /// The URL of the token endpoint.
    pub(crate) fn url(&self) -> &Url {
        &self.0.ask.token_url
    }

    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        vec![&self.0.ask.client_id, &self.0.ask.client_secret]
    }

    /// The defect of the token URL, if it has one.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        let url = self.url();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Some("its token URL must begin with `https://` or `http://`");
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Some("its token URL has a user, a password or a fragment");
        }
        None
    }

    /// The history of the secrets to mask for these tokens. Clones share it.
    pub(crate) fn history(&self) -> &SecretHistory {
        &self.0.history
    }

    /// A mask for the secret of the client, and for the header that carries it.
    pub(crate) fn mask(&self, id: &str, secret: &str) -> Mask {
        let mut mask = mask_of(secret);
        if self.0.ask.client_auth == ClientAuth::Basic {
            let (id, secret) = grant::form_encoded(&id.into(), &secret.into());
            mask.hide_all_of(&basic_mask(id.expose_secret(), secret.expose_secret()));
        }
        mask
    }

    fn remember(&self, mask: Mask) {
        self.0.history.remember(mask);
    }

    /// A token that is valid now, and newer than the one with the serial number `refused`.
    ///
    /// # Errors
    /// A failure if the credentials cannot be read or no token is issued.
    pub(crate) async fn token(
        &self,
        transport: &Arc<Transport>,
        limit: Duration,
        refused: Option<u64>,
    ) -> Result<Arc<Token>, Failure> {
        let landed = || self.0.landed.load(Ordering::Acquire);
        let before = landed();
        let mut state = self.0.state.lock().await;
        // If another call fetched a token during the wait, its token is used even if it has expired, and so is its
        // failure.
        let is_new = landed() > before;
        if let Some(token) = &state.token {
            let is_refused = refused.is_some_and(|refused| token.serial <= refused);
            let is_good = is_new || token.until.is_none_or(|until| Instant::now() < until);
            if is_good && !is_refused {
                return Ok(Arc::clone(token));
            }
        }
        if let Some(failure) = state.failure.as_ref().filter(|_| is_new) {
            return Err(failure.clone());
        }
        state.token = None;
        let fetched = self.fetch(transport, limit).await;
        let serial = self.0.landed.fetch_add(1, Ordering::AcqRel) + 1;
        match fetched {
            Ok((value, until)) => {
                let token = Arc::new(Token { value, serial, until });
                *state = State { token: Some(Arc::clone(&token)), failure: None };
                Ok(token)
            }
            Err(failure) => {
                state.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    async fn fetch(
        &self,
        transport: &Arc<Transport>,
        limit: Duration,
    ) -> Result<(SecretString, Option<Instant>), Failure> {
        let ask = &self.0.ask;
        let (id, secret) = (ask.client_id.read().await?, ask.client_secret.read().await?);
        self.remember(self.mask(id.expose_secret(), secret.expose_secret()));
        let message = grant::request(ask, &id, &secret)?;
        transport.ready(&message.url, limit).await.map_err(|failure| not_had(&failure))?;
        // The server sets the start of the lifetime, which is after this moment.
        let now = Instant::now();
        let host = ask.token_url.origin().ascii_serialization();
        let received = transport.exchange(message, limit).await.map_err(|failure| not_had(&failure))?;
        let asked = Asked { host: host.clone(), operation: None };
        let answer =
            received.decoded(asked, &transport.nodes, Ok).await.map_err(|failure| not_had(&failure))?;
        if matches!(answer.status, 400 | 401 | 403) {
            // The operator may have replaced the credentials, so the next request reads them again.
            ask.client_id.forget().await;
            ask.client_secret.forget().await;
        }
        // The message of a failure is shortened, so it is masked first: a shortened secret would not be found.
        let granted = grant::read(&host, &answer, &transport.secrets().mask())?;
        self.remember(bearer_mask(granted.token.expose_secret()));
        let until =
            granted.lives.and_then(|lives| now.checked_add(lives.saturating_sub(MARGIN.min(lives / 10))));
        Ok((granted.token, until))
    }
}

/// The failure of a call whose token request failed. The call itself was not sent, so it is never in doubt.
fn not_had(failure: &Failure) -> Failure {
    let kind = match failure.kind {
        FailureKind::Refused | FailureKind::Unreadable | FailureKind::Unusable => FailureKind::Refused,
        FailureKind::NotSent | FailureKind::Unknown => FailureKind::NotSent,
        // A second token request does no harm, so the time of the shortage does not matter.
        FailureKind::LocalShortage | FailureKind::CutOff => FailureKind::LocalShortage,
    };
    Failure::new(kind, format!("no token was available: {}", failure.message))
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
        f.debug_struct("Tokens").field("token_url", &place).finish_non_exhaustive()
    }
}
