//! The credentials for providers, each read once, whatever uses it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naftiko_adapter_http::{ClientAuth, ClientCredentials, Credential, KeyPlace, Secret, Tokens};
use naftiko_plan::{Auth, Provider, SecretName};
use url::Url;

use crate::drive::Allowances;
use crate::drive::secrets::{Named, Reach};

/// The credentials of this process. All steps and all runs that it drives share them, and the tokens that are had for them.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// How long a secret that was read is good for; `None`: for good.
    good_for: Option<Duration>,
    /// By what they are made from.
    made: Mutex<BTreeMap<String, Credential>>,
}

impl Credentials {
    /// Those of a process that lives long: secrets may change.
    pub(crate) fn that_change(good_for: Duration) -> Self {
        Self { good_for: Some(good_for), made: Mutex::default() }
    }

    /// The credential for a provider at `base_url`; paths of files start in `origin`.
    ///
    /// # Errors
    /// A token URL that is none.
    pub(crate) fn of(
        &self,
        id: &str,
        provider: &Provider,
        base_url: &Url,
        origin: &Path,
        allowances: &Allowances,
    ) -> Result<Credential, String> {
        let token_url = match &provider.auth {
            Auth::ClientCredentials { token_url, .. } => {
                Some(self::token_url(provider, token_url, base_url)?)
            }
            _ => None,
        };
        let key = (&provider.auth, id, &provider.source, token_url.as_ref().map(Url::as_str), origin);
        let key = serde_json::to_string(&key).map_err(|error| error.to_string())?;
        if let Some(credential) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(credential.clone());
        }
        let reach = Reach::of(origin, &provider.source, allowances);
        let secret = |what: &'static str, name: &SecretName| {
            let named = Named { name: name.clone(), what, provider: id.to_owned(), reach: reach.clone() };
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

/// Where tokens are had: a path is at the host of the base URL, and so is a URL at the host that the document says, if
/// that is given otherwise.
fn token_url(provider: &Provider, said: &str, base_url: &Url) -> Result<Url, String> {
    let wrong = || format!("the token URL `{said}` of `{}` is not a URL", provider.source);
    if said.starts_with('/') && !said.starts_with("//") {
        return base_url.join(said).map_err(|_| wrong());
    }
    let url: Url = said.parse().map_err(|_| wrong())?;
    let documented = provider.base_url.as_deref().and_then(|url| url.parse::<Url>().ok());
    if documented.is_none_or(|documented| documented.origin() != url.origin()) {
        return Ok(url);
    }
    let below = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    base_url.join(&below).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_url_goes_where_the_base_url_goes_if_they_are_at_one_host() {
        let provider = Provider {
            base_url: Some("https://api.example/v1".to_owned()),
            auth: Auth::None,
            source: "acme.yaml".to_owned(),
            rate_limit: None,
        };
        for (said, expected) in [
            ("/oauth2/token?a=b", "http://127.0.0.1:9/oauth2/token?a=b"),
            ("https://api.example/oauth2/token?a=b", "http://127.0.0.1:9/oauth2/token?a=b"),
            ("https://api.example:443/t", "http://127.0.0.1:9/t"),
            ("https://id.example/token", "https://id.example/token"),
            ("http://api.example/token", "http://api.example/token"),
        ] {
            let base_url: Url = "http://127.0.0.1:9/v2".parse().unwrap();
            assert_eq!(token_url(&provider, said, &base_url).unwrap().as_str(), expected);
        }
    }
}
