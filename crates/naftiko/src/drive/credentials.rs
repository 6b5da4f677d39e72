//! The credentials for providers, each read once, whatever uses it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naftiko_adapter::Secrets;
use naftiko_adapter_http::{ClientAuth, ClientCredentials, Credential, KeyPlace, Secret, Tokens};
use naftiko_plan::{Auth, Provider, SecretName};
use url::Url;

use crate::drive::Allowances;
use crate::drive::clearance::Permits;
use crate::drive::secrets::{Named, Reach};

/// The credentials of this process. All steps and all runs that it drives share them, and the tokens that are had for them.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// How long a secret that was read is good for; `None`: for good.
    good_for: Option<Duration>,
    /// By what they are made from.
    made: Mutex<BTreeMap<String, Credential>>,
    /// What is masked because of them, and because of other secrets of this process.
    secrets: Secrets,
}

impl Credentials {
    /// Those of a process that lives long: secrets may change.
    pub(crate) fn that_change(good_for: Duration) -> Self {
        Self { good_for: Some(good_for), ..Self::default() }
    }

    /// All secrets of this process: they are masked in everything that comes from outside.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The credential for a provider at `base_url`; paths of files start in `origin`.
    ///
    /// # Errors
    /// A token URL that is none, or a secret that nobody has permitted to send there.
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
        // A path may lead to another file by now, whose secret has permissions of its own.
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
            .ok_or_else(|| format!("nothing says where `{id}` gives tokens"))?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(key, credential.clone());
        Ok(credential)
    }
}

/// A credential with its secrets; nothing without the URL that it needs: no request is ever sent without what it should
/// carry.
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
