//! Decides whether a run may send the operator's secrets to the servers it uses, before any secret is read.
//!
//! [`secret_uses`] lists which secret goes where, and [`SecretPermissions`] decides what is permitted; this module
//! supplies both with what the command line, the environment and the journal contain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use naftiko_engine::Run;
use naftiko_journal::Store;
use naftiko_journal::store::Approval;
use naftiko_plan::{
    Plan, Provider, SecretId, SecretKind, SecretName, SecretPair, SecretPermissions, SecretTarget,
    SecretUser, ServerOrigin, Setting, is_setting, secret_uses,
};
use naftiko_text::{Printable, join, printable, shell_word};
use serde_json::{Map, Value};
use url::Url;

use crate::allowances::Allowances;
use crate::drive::endpoints::{self, Urls};
use crate::drive::{Wants, is_settled, secrets::Reach};
use crate::exit::Stop;
use crate::state::Kept;
use crate::world::{self, canonical_path};

/// A run whose secrets are about to be sent.
pub(crate) struct Sender<'a> {
    pub(crate) plan: &'a Plan,
    /// The `PROVIDER=URL` arguments that the operator gave for this run.
    pub(crate) base_urls: &'a [String],
    /// The folder from which relative file paths are resolved.
    pub(crate) folder: &'a Path,
    pub(crate) inputs: &'a Map<String, Value>,
    /// Tells by the id of a step whether it will send no more messages.
    pub(crate) is_settled: &'a dyn Fn(&str) -> bool,
}

/// The secrets of a run, their servers, and the permissions.
pub(crate) struct Clearance {
    listed: Vec<Listed>,
    /// Whether the server of some message becomes known only when its step starts.
    has_unknown: bool,
    permits: Permits,
}

/// A secret and a server to which a run sends it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pair: SecretPair,
    /// The secret under the name the operator uses in this folder.
    name: String,
}

impl Listed {
    /// `WORKOS_API_KEY → https://api.workos.com`. The name is quoted for the shell where necessary.
    pub(crate) fn line(&self) -> Printable {
        printable!("{} → {}", shell_word(&self.name), self.pair.origin)
    }

    /// The option that permits this pair.
    pub(crate) fn flag(&self) -> Printable {
        printable!("--allow-secret {}", shell_word(format!("{}={}", self.name, self.pair.origin)))
    }
}

/// The options that permit all these pairs, in one line.
pub(crate) fn flags(missing: &[&Listed]) -> Printable {
    join(missing.iter().map(|listed| listed.flag()), " ")
}

/// Identifies the permissions of a run among the runs of one process.
pub(crate) type Key = (BTreeSet<ServerOrigin>, BTreeSet<SecretPair>);

/// The permissions to send secrets. Every secret is checked here before it is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permits {
    permissions: SecretPermissions,
    /// The folder from which relative file paths are resolved.
    folder: PathBuf,
}

impl Permits {
    /// Checks that a secret may be sent to the server of `url`, and returns the permitted pair.
    ///
    /// # Errors
    /// If it is not permitted; names the secret, the server and the option that permits it.
    pub(crate) fn require(&self, secret: &SecretName, url: &Url) -> Result<SecretPair, String> {
        let origin = ServerOrigin::of(url)
            .ok_or_else(|| format!("`{secret}` can only be sent to `http` and `https` servers"))?;
        let listed = listed(secret, origin, &self.folder);
        if self.permissions.permit(&listed.pair.secret, &listed.pair.origin) {
            return Ok(listed.pair);
        }
        Err(format!(
            "`{}` is not approved for {}: approve it at a terminal, or add `{}`",
            listed.name,
            listed.pair.origin,
            listed.flag()
        ))
    }

    /// The key that distinguishes these permissions from those of other runs of this process.
    pub(crate) fn key(&self) -> Key {
        (self.permissions.typed.clone(), self.permissions.approved.clone())
    }
}

impl Clearance {
    /// The clearance of what remains of a stored run, with the approvals that are stored.
    ///
    /// # Errors
    /// As [`of`](Self::of) and [`consult`](Self::consult).
    pub(crate) fn of_run(
        kept: &Kept,
        run: &Run,
        base_urls: &[String],
        answers: &IndexMap<String, Value>,
        allowances: &Allowances,
        store: &Store,
    ) -> Result<Self, Stop> {
        let sender = Sender {
            plan: &kept.plan,
            base_urls,
            folder: &kept.origin.folder,
            inputs: &kept.inputs(),
            is_settled: &|step| is_settled(run, answers, step),
        };
        let mut clearance = Self::of(&sender, allowances).map_err(Stop::Usage)?;
        clearance.consult(|| Ok(Some(store.clone())))?;
        Ok(clearance)
    }

    /// Lists the secrets of a run, with what the command line and the environment permit. Reads neither secrets nor the
    /// journal.
    ///
    /// # Errors
    /// If the run can never be permitted: a server that may not be contacted, a file that may not be read, or a setting
    /// of `naftiko` that a plan of an earlier version names as a secret.
    pub(crate) fn of(sender: &Sender<'_>, allowances: &Allowances) -> Result<Self, String> {
        let urls = endpoints::urls(sender.plan, sender.base_urls)?;
        refuse_beforehand(sender, &urls, allowances)?;
        let base_url = |id: &str, _: &Provider| urls.get(id).cloned().flatten();
        let setting =
            Setting { base_url: &base_url, inputs: Some(sender.inputs), is_settled: sender.is_settled };
        let (mut known, mut has_unknown) = (Vec::new(), false);
        for found in secret_uses(sender.plan, &setting) {
            match found.target {
                SecretTarget::Server(origin) => known.push(listed(&found.secret, origin, sender.folder)),
                SecretTarget::Unknown(_) => {
                    has_unknown |= found.users.iter().any(|user| matches!(user, SecretUser::Step(_)));
                }
            }
        }
        let permissions = SecretPermissions {
            approved: BTreeSet::new(),
            allowed: allowances.secrets()?,
            typed: typed(sender.base_urls),
        };
        let permits = Permits { permissions, folder: sender.folder.to_owned() };
        Ok(Self { listed: known, has_unknown, permits })
    }

    /// The pairs that are not permitted yet.
    pub(crate) fn missing(&self) -> Vec<&Listed> {
        let permissions = &self.permits.permissions;
        self.listed.iter().filter(|it| !permissions.permit(&it.pair.secret, &it.pair.origin)).collect()
    }

    /// Adds the stored approvals, if they can make a difference. A folder without a journal has no approvals.
    ///
    /// # Errors
    /// If the approvals are damaged or cannot be read; then none of them counts.
    pub(crate) fn consult(
        &mut self,
        store: impl FnOnce() -> Result<Option<Store>, Stop>,
    ) -> Result<(), Stop> {
        if self.missing().is_empty() && !self.has_unknown {
            return Ok(());
        }
        if let Some(store) = store()? {
            self.permits.permissions.approved = stored(&store)?;
        }
        Ok(())
    }

    /// Stores approvals for all missing pairs, and returns the permissions.
    ///
    /// # Errors
    /// If the approvals cannot be stored; then they are not granted either.
    pub(crate) fn approve(&mut self, store: impl FnOnce() -> Result<Store, Stop>) -> Result<Permits, Stop> {
        let missing: Vec<SecretPair> = self.missing().into_iter().map(|it| it.pair.clone()).collect();
        if missing.is_empty() {
            return Ok(self.permits.clone());
        }
        let at = world::now();
        let approvals: Vec<Approval> = missing
            .iter()
            .map(|SecretPair { secret, origin }| Approval {
                kind: secret.kind.as_str().to_owned(),
                name: secret.name.clone(),
                origin: origin.to_string(),
                at,
            })
            .collect();
        store()?.approve(&approvals).map_err(|error| unusable(&error))?;
        self.permits.permissions.approved.extend(missing);
        Ok(self.permits.clone())
    }

    /// The permissions, or `None` while a pair is missing.
    pub(crate) fn permits(&self) -> Option<Permits> {
        self.missing().is_empty().then(|| self.permits.clone())
    }
}

/// The stored approvals as pairs.
fn stored(store: &Store) -> Result<BTreeSet<SecretPair>, Stop> {
    let approvals = store.approvals().map_err(|error| unusable(&error))?;
    // An approval of a kind that only a later version knows is ignored.
    let pair = |approval: Approval| {
        let kind = SecretKind::ALL.into_iter().find(|kind| kind.as_str() == approval.kind)?;
        let secret = SecretId { kind, name: approval.name };
        Some(SecretPair { secret, origin: approval.origin.parse().ok()? })
    };
    Ok(approvals.into_iter().filter_map(pair).collect())
}

/// The error for approvals that cannot be read, with the command that removes them.
pub(crate) fn unusable(error: &naftiko_journal::StoreError) -> Stop {
    Stop::Lines(printable!(
        "the approvals of secrets are invalid: {}\nremove them all with `naftiko approvals revoke --all`; \
         they are asked for again",
        error
    ))
}

/// Builds the entry of a secret and a server, with the name used by the operator and by approvals.
fn listed(secret: &SecretName, origin: ServerOrigin, folder: &Path) -> Listed {
    let name = match secret {
        SecretName::File(path) => folder.join(path).display().to_string(),
        SecretName::EnvVar(_) | SecretName::Command(_) => secret.approval_name().to_owned(),
    };
    let path = |path: &str| canonical_path(&folder.join(path));
    Listed { pair: SecretPair { secret: SecretId::of(secret, &path), origin }, name }
}

/// The servers in `PROVIDER=URL` arguments.
fn typed(base_urls: &[String]) -> BTreeSet<ServerOrigin> {
    let urls = base_urls.iter().filter_map(|argument| argument.split_once('=')?.1.parse::<Url>().ok());
    urls.filter_map(|url| ServerOrigin::of(&url)).collect()
}

/// Rejects what no approval could permit, so that the operator is not asked in vain.
fn refuse_beforehand(sender: &Sender<'_>, urls: &Urls, allowances: &Allowances) -> Result<(), String> {
    let used = endpoints::used(sender.plan, urls)?;
    let mut addresses = Vec::new();
    for (id, provider, base_url) in &used {
        let token_url = provider.token_url(Some(base_url)).map_err(|error| error.to_string())?;
        addresses.extend(std::iter::once(base_url.clone()).chain(token_url).map(|url| (*id, url)));
    }
    allowances.permit(&addresses)?;
    Wants::of(sender.plan, sender.is_settled)?.poster(allowances)?;
    for (_, provider, _) in used {
        let reach = Reach::of(sender.folder, &provider.source, allowances);
        for secret in provider.auth.secrets() {
            match secret {
                SecretName::EnvVar(variable) if is_setting(variable) => {
                    return Err(format!(
                        "`{variable}` is a setting of `naftiko` and is never sent: `{}` must name another \
                         variable",
                        provider.source
                    ));
                }
                other => reach.allows(other)?,
            }
        }
    }
    Ok(())
}
