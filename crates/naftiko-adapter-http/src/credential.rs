//! Credentials, and the headers, query parameters and cookies that they add to a request.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naftiko_adapter::{Failure, Mask, SecretHistory, Secrets};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::error::BuildError;
use crate::mask::{basic_mask, bearer_mask, mask_of};
use crate::refused;
use crate::secret::Secret;
use crate::token::Tokens;
use crate::transport::{Message, Transport};
use naftiko_wire::{encoded, is_cookie_octet, is_field_value, is_token};

/// The way in which requests to a provider are authenticated.
#[derive(Debug, Clone)]
pub enum Credential {
    /// No authentication.
    None,
    /// A token in the `Authorization` header (RFC 6750).
    Bearer(Secret),
    /// A key that is sent with every request.
    ApiKey {
        /// The place of the key.
        place: KeyPlace,
        /// The name of the header, query parameter or cookie.
        name: String,
        /// The key.
        key: Secret,
    },
    /// A username and password in the `Authorization` header (RFC 7617), encoded in UTF-8.
    Basic {
        /// The username, which cannot contain a colon.
        username: Secret,
        /// The password.
        password: Secret,
    },
    /// A username and password as in [`Basic`](Credential::Basic), with `user:password` as one secret.
    BasicPair(Secret),
    /// A token of the OAuth 2.0 client credentials grant (RFC 6749 §4.4).
    ClientCredentials(Tokens),
}

/// The place of an API key in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// A header.
    Header,
    /// A query parameter.
    Query,
    /// A cookie.
    Cookie,
}

/// The credential of an endpoint, with the history of secrets to mask.
#[derive(Debug)]
pub(crate) struct Keeper {
    credential: Credential,
    history: SecretHistory,
}

/// The authentication that is added to one request.
pub(crate) struct Shown {
    addition: Option<Addition>,
    /// The serial number of the OAuth token; `None` for other credentials.
    pub(crate) serial: Option<u64>,
}

enum Addition {
    Header(HeaderName, HeaderValue),
    Query { name: String, value: SecretString },
    Cookie { name: String, value: SecretString },
}

impl Keeper {
    /// Checks the credential of `provider`, as far as its secrets are known, and adds them to `secrets` before their
    /// first use.
    pub(crate) fn new(
        provider: &str,
        credential: &Credential,
        secrets: &Secrets,
    ) -> Result<Self, BuildError> {
        let known = check(provider, credential)?;
        let keeper = Self { credential: credential.clone(), history: credential.history() };
        secrets.watch(&keeper.history);
        let known: Vec<Option<&str>> =
            known.iter().map(|known| known.as_ref().map(secrecy::ExposeSecret::expose_secret)).collect();
        if let Some(mask) = credential.mask(&known) {
            keeper.history.remember(mask);
        }
        Ok(keeper)
    }

    /// The authentication to add to a request. Reads missing secrets and replaces an expired token first.
    ///
    /// # Errors
    /// A failure if a secret cannot be read or sent, or the provider issues no token.
    pub(crate) async fn show(&self, transport: &Arc<Transport>, limit: Duration) -> Result<Shown, Failure> {
        let addition = match &self.credential {
            Credential::None => None,
            Credential::Bearer(secret) => {
                let secret = secret.read().await?;
                self.remember(bearer_mask(secret.expose_secret()));
                Some(bearer(&secret)?)
            }
            Credential::ApiKey { place, name, key } => {
                let key = key.read().await?;
                self.remember(mask_of(key.expose_secret()));
                Some(api_key(*place, name, key)?)
            }
            Credential::Basic { username, password } => {
                let (username, password) = (username.read().await?, password.read().await?);
                Some(self.basic(username.expose_secret(), password.expose_secret())?)
            }
            Credential::BasicPair(pair) => {
                let pair = pair.read().await?;
                let Some((username, password)) = pair.expose_secret().split_once(':') else {
                    return Err(refused(NO_PAIR));
                };
                Some(self.basic(username, password)?)
            }
            Credential::ClientCredentials(tokens) => {
                let token = tokens.token(transport, limit, None).await?;
                let addition = Some(bearer(&token.value)?);
                return Ok(Shown { addition, serial: Some(token.serial) });
            }
        };
        Ok(Shown { addition, serial: None })
    }

    /// The authentication to use after a response 401 to `refused`; `None` if the call is not sent again. Only tokens
    /// are replaced at once; other secrets are read again at the next call.
    pub(crate) async fn renew(
        &self,
        refused: &Shown,
        transport: &Arc<Transport>,
        limit: Duration,
    ) -> Result<Option<Shown>, Failure> {
        if let Credential::ClientCredentials(tokens) = &self.credential {
            let token = tokens.token(transport, limit, refused.serial).await?;
            let addition = Some(bearer(&token.value)?);
            return Ok(Some(Shown { addition, serial: Some(token.serial) }));
        }
        for secret in self.credential.secrets() {
            secret.forget().await;
        }
        Ok(None)
    }

    fn remember(&self, mask: Mask) {
        self.history.remember(mask);
    }

    fn basic(&self, username: &str, password: &str) -> Result<Addition, Failure> {
        let pair = format!("{username}:{password}");
        self.remember(basic_mask(username, password));
        if username.contains(':') || pair.contains(char::is_control) {
            return Err(refused(NO_USER));
        }
        header(AUTHORIZATION, &format!("Basic {}", STANDARD.encode(pair)))
    }
}

const NO_PAIR: &str = "the credentials are not of the form `user:password`";
const NO_USER: &str = "the name of the user has a `:`, or it or the password has a control character";
const UNSENDABLE: &str = "the token or key is empty or has a character that cannot be sent";

impl Credential {
    /// The URL of the token endpoint, if the credential uses one.
    pub(crate) fn token_url(&self) -> Option<&Url> {
        match self {
            Self::ClientCredentials(tokens) => Some(tokens.url()),
            _ => None,
        }
    }

    /// The history of the secrets to mask for this credential. Clones share it.
    fn history(&self) -> SecretHistory {
        match self {
            Self::None => SecretHistory::default(),
            Self::Bearer(secret) | Self::ApiKey { key: secret, .. } | Self::BasicPair(secret) => {
                secret.history().clone()
            }
            Self::Basic { password, .. } => password.history().clone(),
            Self::ClientCredentials(tokens) => tokens.history().clone(),
        }
    }

    /// A mask for the secrets and the texts derived from them, as far as they are known: `known` lists the secrets in
    /// the order of [`secrets`](Self::secrets).
    fn mask(&self, known: &[Option<&str>]) -> Option<Mask> {
        Some(match (self, known) {
            (Self::Bearer(_), [Some(token)]) => bearer_mask(token),
            (Self::ApiKey { .. }, [Some(key)]) => mask_of(key),
            (Self::Basic { .. }, [Some(username), Some(password)]) => basic_mask(username, password),
            (Self::Basic { .. } | Self::ClientCredentials(_), [None, Some(secret)]) => mask_of(secret),
            (Self::BasicPair(_), [Some(pair)]) => {
                let (username, password) = pair.split_once(':')?;
                basic_mask(username, password)
            }
            (Self::ClientCredentials(tokens), [Some(id), Some(secret)]) => tokens.mask(id, secret),
            _ => return None,
        })
    }

    /// The secrets of the credential.
    fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::None => Vec::new(),
            Self::Bearer(secret) | Self::ApiKey { key: secret, .. } | Self::BasicPair(secret) => vec![secret],
            Self::Basic { username, password } => vec![username, password],
            Self::ClientCredentials(tokens) => tokens.secrets(),
        }
    }
}

/// Checks a credential without contacting the provider. Returns its secrets, with `None` for those that are not known
/// yet.
fn check(provider: &str, credential: &Credential) -> Result<Vec<Option<SecretString>>, BuildError> {
    let provider = || provider.to_owned();
    let mut known = Vec::new();
    for secret in credential.secrets() {
        let found = secret.peek().map_err(|reason| BuildError::Secret { provider: provider(), reason })?;
        known.push(found);
    }
    let wrong = |reason: &'static str| Err(BuildError::Credential { provider: provider(), reason });
    let first = known.first().and_then(Option::as_ref).map(secrecy::ExposeSecret::expose_secret);
    let checked = match (credential, first) {
        (Credential::Bearer(_), Some(token)) if !is_sendable(token) => {
            Err(BuildError::Token { provider: provider() })
        }
        (Credential::ApiKey { place, name, .. }, key) => {
            let is_name = *place == KeyPlace::Query || is_token(name);
            let fits = key.is_none_or(|key| match place {
                KeyPlace::Header => is_sendable(key),
                KeyPlace::Query => !key.is_empty(),
                KeyPlace::Cookie => is_cookie(key),
            });
            match (is_name && !name.is_empty(), fits) {
                (false, _) => wrong("its header or parameter name cannot be sent"),
                (_, false) => Err(BuildError::Token { provider: provider() }),
                _ => Ok(()),
            }
        }
        (Credential::BasicPair(_), Some(pair)) if !pair.contains(':') => wrong(NO_PAIR),
        (Credential::Basic { .. }, Some(username)) if username.contains(':') => wrong(NO_USER),
        (Credential::ClientCredentials(tokens), _) => match tokens.flaw() {
            Some(reason) => wrong(reason),
            None => Ok(()),
        },
        _ => Ok(()),
    };
    checked.map(|()| known)
}

fn is_sendable(text: &str) -> bool {
    !text.is_empty() && is_field_value(text)
}

/// Whether `text` is a valid cookie value (RFC 6265) and not empty.
fn is_cookie(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_cookie_octet)
}

fn bearer(token: &SecretString) -> Result<Addition, Failure> {
    let token = token.expose_secret();
    if !is_sendable(token) {
        return Err(refused(UNSENDABLE));
    }
    header(AUTHORIZATION, &format!("Bearer {token}"))
}

fn api_key(place: KeyPlace, name: &str, key: SecretString) -> Result<Addition, Failure> {
    let name = name.to_owned();
    let is_sound = match place {
        KeyPlace::Header => {
            let name = HeaderName::try_from(name).map_err(|_| refused(UNSENDABLE))?;
            if !is_sendable(key.expose_secret()) {
                return Err(refused(UNSENDABLE));
            }
            return header(name, key.expose_secret());
        }
        KeyPlace::Query => !key.expose_secret().is_empty(),
        KeyPlace::Cookie => is_cookie(key.expose_secret()),
    };
    match (is_sound, place) {
        (false, _) => Err(refused(UNSENDABLE)),
        (true, KeyPlace::Cookie) => Ok(Addition::Cookie { name, value: key }),
        (true, _) => Ok(Addition::Query { name, value: key }),
    }
}

fn header(name: HeaderName, value: &str) -> Result<Addition, Failure> {
    let mut value = HeaderValue::try_from(value).map_err(|_| refused(UNSENDABLE))?;
    value.set_sensitive(true);
    Ok(Addition::Header(name, value))
}

impl Shown {
    /// Adds the authentication to a request.
    ///
    /// # Errors
    /// A refusal if an argument already uses the same header, query parameter or cookie.
    pub(crate) fn put_on(&self, message: &mut Message) -> Result<(), Failure> {
        let taken = |what: &str, name: &str| {
            Err(refused(format!("the {what} `{name}` carries the credential and cannot be an argument")))
        };
        match &self.addition {
            None => {}
            Some(Addition::Header(name, value)) => {
                if message.headers.contains_key(name) {
                    return taken("header", name.as_str());
                }
                message.headers.insert(name.clone(), value.clone());
            }
            Some(Addition::Query { name, value }) => {
                if message.url.query_pairs().any(|(given, _)| given == name.as_str()) {
                    return taken("query parameter", name);
                }
                let pair = format!("{}={}", encoded(name, ""), encoded(value.expose_secret(), ""));
                let query = match message.url.query() {
                    Some(query) if !query.is_empty() => format!("{query}&{pair}"),
                    _ => pair,
                };
                message.url.set_query(Some(&query));
            }
            Some(Addition::Cookie { name, value }) => {
                let given = message.headers.get(COOKIE).and_then(|given| given.to_str().ok());
                let begins = format!("{name}=");
                if given.is_some_and(|given| given.split("; ").any(|pair| pair.starts_with(&begins))) {
                    return taken("cookie", name);
                }
                let lead = given.map(|given| format!("{given}; ")).unwrap_or_default();
                let cookies = format!("{lead}{begins}{}", value.expose_secret());
                let mut cookies = HeaderValue::try_from(cookies).map_err(|_| refused(UNSENDABLE))?;
                cookies.set_sensitive(true);
                message.headers.insert(COOKIE, cookies);
            }
        }
        Ok(())
    }
}
