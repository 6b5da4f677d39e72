//! The uses of the operator's secrets by a plan: each secret with each server that receives it. Pure.
//!
//! Documents decide which secret is sent where, so the operator is shown these pairs, and nothing is read or sent
//! before each pair is approved. Redirects and pages remain at the server of the call, so they add no pair.

use indexmap::IndexMap;
use naftiko_expr::{Environment, Piece, Root, Template};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::{Action, Channel, External, Plan, Provider, SecretName, ServerOrigin};

/// The variable with the key that signs webhooks. A signature authenticates its holder as the operator while it is
/// fresh, so the key counts as sent to every webhook's server.
pub const WEBHOOK_KEY: &str = "NAFTIKO_WEBHOOK_SECRET";

/// Whether an environment variable is a setting of `naftiko` itself, which no document may name as a secret.
pub fn is_setting(variable: &str) -> bool {
    const PREFIX: &str = "NAFTIKO_";
    // On some systems the names of variables are case-insensitive.
    variable.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}

/// A secret, a server that receives it, and the users of the pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretUse {
    /// The secret.
    pub secret: SecretName,
    /// The server.
    pub target: SecretTarget,
    /// The users, in the order of the plan; at least one, each once.
    pub users: Vec<SecretUser>,
}

/// The receiver of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretTarget {
    /// To this server.
    Server(ServerOrigin),
    /// A server that is not known yet; the text names its source: the option `--base-url`, or a template that is
    /// evaluated when its step starts.
    Unknown(String),
}

/// The user of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretUser {
    /// The calls to a provider, by the provider's id.
    Provider(String),
    /// The message of a step, by the step's id.
    Step(String),
}

/// The facts about a run that determine its uses of secrets.
pub struct Setting<'a> {
    /// The base URL of a provider; `None` if it is unknown.
    pub base_url: &'a dyn Fn(&str, &Provider) -> Option<Url>,
    /// The inputs of the run; `None` before they are known.
    pub inputs: Option<&'a Map<String, Value>>,
    /// Whether a step of the plan itself, by its id, will send no further message.
    pub is_settled: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Inputs may be sensitive.
        f.debug_struct("Setting").finish_non_exhaustive()
    }
}

/// All pairs of secrets and servers in a plan and the plans embedded in it, in the order of the plan, each once.
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
                // The inputs of an embedded plan are known when its step starts.
                uses.add_webhook(&step.id, external, None);
            }
        }
    }
    uses.0.into_iter().map(|((secret, target), users)| SecretUse { secret, target, users }).collect()
}

/// The pairs that the documents alone determine: before a run, without its inputs.
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

/// The URL of a template, if its literal beginning contains the complete host.
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
    // Without the end of the host, the following text could become a part of it.
    rest.contains(['/', '?', '#']).then(|| written.parse().ok())?
}

/// The URL of a template, if it only reads inputs.
fn url_of_inputs(url: &Template, inputs: &Map<String, Value>) -> Option<Url> {
    let reads = url.expressions().into_iter().flat_map(naftiko_expr::Expression::references);
    if reads.into_iter().any(|read| read.root != Root::Inputs) {
        return None;
    }
    url.evaluate(&Inputs(Value::Object(inputs.clone()))).ok()?.as_str()?.trim().parse().ok()
}

/// An environment that contains only inputs.
struct Inputs(Value);

impl Environment for Inputs {
    fn root(&self, root: &Root) -> Option<&Value> {
        (*root == Root::Inputs).then_some(&self.0)
    }
}

#[cfg(test)]
mod tests;
