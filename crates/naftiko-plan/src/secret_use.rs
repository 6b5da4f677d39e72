//! Where a plan sends the operator's secrets: each secret with each server it goes to. Pure.
//!
//! A document decides which secret goes where, so the operator is shown these pairs, and nothing is read or sent before
//! each pair is approved. Redirects and pages stay at the server of the call, so they add no pair.

use indexmap::IndexMap;
use naftiko_expr::{Environment, Piece, Root, Template};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::{Action, Channel, External, Plan, Provider, SecretName, ServerOrigin};

/// The variable with the key that webhooks are signed with. A signature lets its receiver pass as the operator for as
/// long as it is fresh, so the key counts as sent wherever a webhook goes.
pub const WEBHOOK_KEY: &str = "NAFTIKO_WEBHOOK_SECRET";

/// Whether an environment variable is a setting of `naftiko` itself, which no document may name as a secret.
pub fn is_setting(variable: &str) -> bool {
    const PREFIX: &str = "NAFTIKO_";
    // Some systems do not tell upper from lower case in the names of variables.
    variable.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}

/// A secret, a server it is sent to, and what it is used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretUse {
    /// The secret.
    pub secret: SecretName,
    /// The server.
    pub target: SecretTarget,
    /// What uses it, in the order of the plan; at least one, each once.
    pub users: Vec<SecretUser>,
}

/// Where a secret is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretTarget {
    /// To this server.
    Server(ServerOrigin),
    /// To a server that is not known yet; this says who names it: the option `--base-url`, or a template that is evaluated
    /// when its step begins.
    Unknown(String),
}

/// What a secret is used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretUser {
    /// The calls to a provider, by the provider's id.
    Provider(String),
    /// The message of a step, by the step's id.
    Step(String),
}

/// What is known of a run when its secrets are listed.
pub struct Setting<'a> {
    /// The base URL of a provider; `None` if nothing says where it is.
    pub base_url: &'a dyn Fn(&str, &Provider) -> Option<Url>,
    /// The inputs of the run; `None` before there are any.
    pub inputs: Option<&'a Map<String, Value>>,
    /// Whether a step of the plan itself, by its id, sends no message any more.
    pub is_settled: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Inputs may be sensitive.
        f.debug_struct("Setting").finish_non_exhaustive()
    }
}

/// Every secret that a plan and the plans within it send, with every server, in the order of the plan and each pair once.
pub fn secret_uses(plan: &Plan, setting: &Setting<'_>) -> Vec<SecretUse> {
    let mut uses = Uses::default();
    for (id, provider) in plan.used_providers() {
        let base_url = (setting.base_url)(id, provider);
        uses.add_credential(id, provider, base_url.as_ref());
    }
    let own = plan.steps.iter().filter(|step| !(setting.is_settled)(&step.id));
    for step in own {
        if let Action::External(external) = &step.action {
            uses.add_webhook(&step.id, external, setting.inputs);
        }
    }
    for embedded in plan.embedded() {
        for step in &embedded.steps {
            if let Action::External(external) = &step.action {
                // Its inputs are known when it begins.
                uses.add_webhook(&step.id, external, None);
            }
        }
    }
    uses.0.into_iter().map(|((secret, target), users)| SecretUse { secret, target, users }).collect()
}

/// The same with what the documents alone say: before a run, without its inputs.
pub fn documented_secret_uses(plan: &Plan) -> Vec<SecretUse> {
    let base_url = |_: &str, provider: &Provider| provider.base_url.as_deref()?.parse().ok();
    secret_uses(plan, &Setting { base_url: &base_url, inputs: None, is_settled: &|_| false })
}

#[derive(Default)]
struct Uses(IndexMap<(SecretName, SecretTarget), Vec<SecretUser>>);

impl Uses {
    fn add(&mut self, secret: &SecretName, target: SecretTarget, user: SecretUser) {
        let users = self.0.entry((secret.clone(), target)).or_default();
        if !users.contains(&user) {
            users.push(user);
        }
    }

    fn add_credential(&mut self, id: &str, provider: &Provider, base_url: Option<&Url>) {
        let target = |url: Option<&Url>| {
            url.and_then(ServerOrigin::of)
                .map_or_else(|| SecretTarget::Unknown(format!("--base-url {id}=URL")), SecretTarget::Server)
        };
        let token_url = provider.token_url(base_url).ok().flatten();
        for (secret, url) in provider.auth.sent_to(base_url, token_url.as_ref()) {
            self.add(secret, target(url), SecretUser::Provider(id.to_owned()));
        }
    }

    fn add_webhook(&mut self, step: &str, external: &External, inputs: Option<&Map<String, Value>>) {
        let Some(url) = external.settings.get("url").filter(|_| external.channel == Channel::Webhook) else {
            return;
        };
        let known = written_url(url).or_else(|| url_of_inputs(url, inputs?));
        let unknown = || external.shown_settings().find(|(name, _)| *name == "url").map(|(_, url)| url);
        let target = known.as_ref().and_then(ServerOrigin::of);
        let target =
            target.map_or_else(|| SecretTarget::Unknown(unknown().unwrap_or_default()), SecretTarget::Server);
        let key = SecretName::EnvVar(WEBHOOK_KEY.to_owned());
        self.add(&key, target, SecretUser::Step(step.to_owned()));
    }
}

/// The URL that names the host, if the whole host is written out.
pub fn written_url(url: &Template) -> Option<Url> {
    let written = match url {
        Template::Literal(Value::String(text)) => return text.trim().parse().ok(),
        Template::Text(pieces) => match pieces.first()? {
            Piece::Text(text) => text.trim_start(),
            Piece::Expression(_) => return None,
        },
        _ => return None,
    };
    let (_, rest) = written.split_once("://")?;
    // Without its end, what follows would be part of the host.
    rest.contains(['/', '?', '#']).then(|| written.parse().ok())?
}

/// The URL that a template gives, if it reads nothing but inputs.
fn url_of_inputs(url: &Template, inputs: &Map<String, Value>) -> Option<Url> {
    let reads = url.expressions().into_iter().flat_map(naftiko_expr::Expression::references);
    if reads.into_iter().any(|read| read.root != Root::Inputs) {
        return None;
    }
    url.evaluate(&Inputs(Value::Object(inputs.clone()))).ok()?.as_str()?.trim().parse().ok()
}

/// An environment in which there are only inputs.
struct Inputs(Value);

impl Environment for Inputs {
    fn root(&self, root: &Root) -> Option<&Value> {
        (*root == Root::Inputs).then_some(&self.0)
    }
}

#[cfg(test)]
mod tests;
