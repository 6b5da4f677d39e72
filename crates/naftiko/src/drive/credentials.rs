//! The credentials for providers. Each secret is read once per process and shared by all its users.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naftiko_adapter::Secrets;
use naftiko_adapter_http::{ClientAuth, ClientCredentials, Credential, KeyPlace, Secret, Tokens};
use naftiko_plan::{Auth, Provider, SecretName};
use url::Url;

use crate::allowances::Allowances;
use crate::drive::clearance::Permits;
use crate::drive::secrets::{Named, Reach};

/// The credentials of this process, shared by all runs and steps it drives. The access tokens obtained with them are
/// shared too.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// The time after which a secret is read again; `None`: it is never read again.
    good_for: Option<Duration>,
    /// The credentials made so far, by a key of everything that they depend on.
    made: Mutex<BTreeMap<String, Credential>>,
    /// The values to redact: these credentials and other secrets of this process.
    secrets: Secrets,
}

impl Credentials {
    /// For a long-lived process: secrets are read again after `good_for`, since they may change.
    pub(crate) fn that_change(good_for: Duration) -> Self {
        Self { good_for: Some(good_for), ..Self::default() }
    }

    /// All secrets of this process. They are redacted in everything that comes from outside.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The credential for a provider at `base_url`; relative file paths are resolved in `origin`.
    ///
    /// # Errors
    /// If the token URL is invalid, or a secret is not permitted to be sent to its server.
    pub(crate) fn of(
        &self,
        id: &str,
        provider: &Provider,
        base_url: &Url,
        origin: &Path,
        allowances: &Allowances,
        permits: &Permits,
    ) -> Result<Credential, String> {
        let token_url = provider.token_url(Some(base_url)).map_err(|error| error.to_string())?;
        let sent: Vec<(SecretName, Url)> = provider
            .auth
            .sent_to(Some(base_url), token_url.as_ref())
            .into_iter()
            .filter_map(|(secret, url)| Some((secret.clone(), url?.clone())))
            .collect();
        // The permissions are part of the key: a file path may by now lead to another file, which needs permissions of
        // its own.
        let pairs =
            sent.iter().map(|(secret, url)| permits.require(secret, url).map(|pair| format!("{pair:?}")));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        let key = (&provider.auth, id, &provider.source, token_url.as_ref().map(Url::as_str), origin, pairs);
        let key = serde_json::to_string(&key).map_err(|error| error.to_string())?;
        if let Some(credential) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(credential.clone());
        }
        let reach = Reach::of(origin, &provider.source, allowances);
        let secret = |what: &'static str, name: &SecretName| {
            let servers = sent.iter().filter(|(secret, _)| secret == name).map(|(_, url)| url.clone());
            let named = Named {
                name: name.clone(),
                what,
                provider: id.to_owned(),
                reach: reach.clone(),
                servers: servers.collect(),
                permits: permits.clone(),
                secrets: self.secrets.clone(),
            };
            Secret::sought(Arc::new(named), self.good_for)
        };
        let credential = credential(&provider.auth, token_url, &secret)
            .ok_or_else(|| format!("`{id}` has no token URL"))?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(key, credential.clone());
        Ok(credential)
    }
}

/// Builds a credential from its secrets. `None` if it needs a token URL and has none; the caller reports this, so that
/// no request is sent without its credential.
fn credential(
    auth: &Auth,
    token_url: Option<Url>,
    secret: &dyn Fn(&'static str, &SecretName) -> Secret,
) -> Option<Credential> {
    Some(match (auth, token_url) {
        (Auth::None, _) => Credential::None,
        (Auth::Bearer { token }, _) => Credential::Bearer(secret("token", token)),
        (Auth::ApiKey { place, name, key }, _) => Credential::ApiKey {
            place: match place {
                naftiko_plan::KeyPlace::Header => KeyPlace::Header,
                naftiko_plan::KeyPlace::Query => KeyPlace::Query,
                naftiko_plan::KeyPlace::Cookie => KeyPlace::Cookie,
            },
            name: name.clone(),
            key: secret("key", key),
        },
        (Auth::Basic { username, password }, _) => Credential::Basic {
            username: secret("name of the user", username),
            password: secret("password", password),
        },
        (Auth::BasicPair { credentials }, _) => Credential::BasicPair(secret("`user:password`", credentials)),
        (
            Auth::ClientCredentials { client_id, client_secret, client_auth, scopes, audience, .. },
            Some(token_url),
        ) => Credential::ClientCredentials(Tokens::new(ClientCredentials {
            token_url,
            client_id: secret("id of the client", client_id),
            client_secret: secret("secret of the client", client_secret),
            client_auth: match client_auth {
                naftiko_plan::ClientAuth::Basic => ClientAuth::Basic,
                naftiko_plan::ClientAuth::Form => ClientAuth::Form,
            },
            scopes: scopes.clone(),
            audience: audience.clone(),
        })),
        (Auth::ClientCredentials { .. }, None) => return None,
    })
}
