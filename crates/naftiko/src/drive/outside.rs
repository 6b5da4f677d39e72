//! The channels for external steps, configured by the operator.
//!
//! Everything a plan needs is read and validated before the run starts; each error names the setting.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use indexmap::IndexMap;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question, Secrets, async_trait};
use naftiko_adapter_external::{Command, Email, Key, MailRoute, Post, SmtpServer, Webhook, check_template};
use naftiko_adapter_http::{HostGuard, Poster};
use naftiko_engine::Run;
use naftiko_expr::Template;
use naftiko_journal::{Phase, Store};
use naftiko_plan::{self as plan, Action, External, Plan, SecretName, Step, WEBHOOK_KEY, written_url};
use serde_json::Value;
use url::Url;

use crate::allowances::Allowances;
use crate::args::PublicUrl;
use crate::callback::Callback;
use crate::drive::Permits;
use crate::world;

/// The channels that a plan needs.
#[derive(Debug)]
pub(crate) struct Outside {
    callback: Arc<Callback>,
    email: Option<Email>,
    webhook: Option<Webhook>,
    command: Option<Command>,
    secrets: Secrets,
}

/// The requirements of a plan on the channels.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wants {
    /// The first step that sends e-mail.
    email: Option<String>,
    /// The first step that posts to a URL.
    webhook: Option<String>,
    /// The webhook URLs with a literal host, each with its step.
    urls: Vec<(String, Url)>,
    /// The first step that runs a program.
    command: Option<String>,
    /// The literal program names, each with its step.
    programs: BTreeSet<(String, String)>,
}

impl Wants {
    /// Collects the requirements of a plan. `is_settled` tells which top-level steps will send no more messages; these
    /// are skipped.
    ///
    /// # Errors
    /// If a literal setting is invalid, such as an e-mail address or a template.
    pub(crate) fn of(plan: &Plan, is_settled: &dyn Fn(&str) -> bool) -> Result<Self, String> {
        let mut wants = Self::default();
        let own = plan.steps.iter().filter(|step| !is_settled(&step.id)).map(|step| (plan, step));
        let embedded = plan.embedded();
        let within = embedded.iter().flat_map(|plan| plan.steps.iter().map(|step| (plan.as_ref(), step)));
        for (plan, step) in own.chain(within) {
            if let Action::External(external) = &step.action {
                wants.add(plan, step, external)?;
            }
        }
        Ok(wants)
    }

    /// The requirements of what remains of a run: a message that was delivered is not sent again.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn of_run(run: &Run, answers: &IndexMap<String, Value>) -> Result<Self, String> {
        Self::of(run.plan(), &|step| is_settled(run, answers, step))
    }

    /// Checks all literal URLs and returns the client that posts the messages.
    ///
    /// # Errors
    /// The first URL that may not be contacted, with its step.
    pub(crate) fn poster(&self, allowances: &Allowances) -> Result<Poster, String> {
        let named = self.urls.iter().map(|(_, url)| url);
        let poster = allowances.builder()?.poster(named).map_err(|error| error.to_string())?;
        for (step, url) in &self.urls {
            poster.permit(url).map_err(|denied| format!("the `url` of `{step}`: {denied}"))?;
        }
        Ok(poster)
    }

    fn add(&mut self, plan: &Plan, step: &Step, external: &External) -> Result<(), String> {
        let id = || step.id.clone();
        let setting = |name: &str| external.settings.get(name);
        match external.channel {
            plan::Channel::Prompt => {}
            plan::Channel::Email => {
                self.email.get_or_insert_with(id);
                for to in setting("to").map(written_texts).unwrap_or_default() {
                    Email::check_address(to)
                        .map_err(|error| format!("the `to` of `{}`: {error}", step.id))?;
                }
                if let Some(Template::Literal(Value::String(template))) = setting("template") {
                    check_template(template, handed_over(plan, external)).map_err(|error| {
                        format!("the `template` of `{}` cannot be used: {error}", step.id)
                    })?;
                }
            }
            plan::Channel::Webhook => {
                self.webhook.get_or_insert_with(id);
                if let Some(url) = setting("url").and_then(written_url) {
                    self.urls.push((id(), url));
                }
            }
            plan::Channel::Command => {
                self.command.get_or_insert_with(id);
                if let Some(program) = setting("command").and_then(written_program) {
                    self.programs.insert((id(), program));
                }
            }
        }
        Ok(())
    }
}

/// Whether a step of a run will send no more messages: it is answered, ended, or its message was delivered.
pub(crate) fn is_settled(run: &Run, answers: &IndexMap<String, Value>, step: &str) -> bool {
    match run.ledger().step(step) {
        _ if answers.contains_key(step) => true,
        Some(Phase::Asked { attempt, .. }) => attempt > 0,
        Some(phase) => phase.is_over(),
        None => false,
    }
}

/// The names that the template of a message may refer to.
fn handed_over<'a>(plan: &'a Plan, external: &'a External) -> Vec<&'a str> {
    match &external.with {
        Some(with) => with.keys().map(String::as_str).collect(),
        None => ["inputs", "item", "index"]
            .into_iter()
            .chain(plan.steps.iter().map(|step| step.id.as_str()))
            .collect(),
    }
}

/// The literal texts of a setting.
fn written_texts(setting: &Template) -> Vec<&str> {
    match setting {
        Template::Literal(Value::String(text)) => vec![text],
        Template::Literal(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Template::List(items) => items.iter().flat_map(written_texts).collect(),
        _ => Vec::new(),
    }
}

fn written_program(command: &Template) -> Option<String> {
    match command {
        Template::Literal(Value::String(program)) => Some(program.clone()),
        Template::Literal(Value::Array(words)) => words.first()?.as_str().map(str::to_owned),
        Template::List(words) => written_program(words.first()?),
        _ => None,
    }
}

impl Outside {
    /// No channels: no message is sent.
    pub(crate) fn none() -> Self {
        let (callback, secrets) = (Arc::new(Callback::none()), Secrets::default());
        Self { callback, email: None, webhook: None, command: None, secrets }
    }

    /// Creates the required channels. Their own secrets are added to `secrets`, which are redacted in all responses.
    ///
    /// # Errors
    /// Names the setting that is missing, not allowed or not approved, and a step that needs it.
    pub(crate) fn new(
        wants: &Wants,
        allowances: &Allowances,
        public_url: &PublicUrl,
        permits: &Permits,
        secrets: &Secrets,
    ) -> Result<Self, String> {
        let callback = Arc::new(Callback::new(public_url)?);
        let mails = |step: &String| email(step, allowances, &callback, secrets);
        let email = wants.email.as_ref().map(mails).transpose()?;
        let posts = |step: &String| webhook(step, wants, allowances, permits, &callback, secrets);
        let webhook = wants.webhook.as_ref().map(posts).transpose()?;
        let command = wants.command.as_ref().map(|_| command(wants, allowances, secrets)).transpose()?;
        Ok(Self { callback, email, webhook, command, secrets: secrets.clone() })
    }

    /// The secrets that are redacted in all responses.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Lets messages contain a URL for the answer, with tokens signed by the key of this journal.
    pub(crate) fn answered_in(&self, store: &Store) {
        self.callback.sign_with(store);
    }
}

fn needed(variable: &str, step: &str, what: &str) -> Result<String, String> {
    world::variable(variable).ok_or_else(|| format!("`{variable}` is not set: `{step}` {what}"))
}

fn email(
    step: &str,
    allowances: &Allowances,
    callback: &Arc<Callback>,
    secrets: &Secrets,
) -> Result<Email, String> {
    let url = needed("NAFTIKO_SMTP_URL", step, "sends an e-mail through the mail server in that variable")?;
    let from = needed("NAFTIKO_SMTP_FROM", step, "sends an e-mail from the address in that variable")?;
    let certificates = allowances.authorities()?.into_iter().map(|(_, pem)| pem).collect();
    let server = SmtpServer::read(&url, certificates)
        .map_err(|error| format!("`NAFTIKO_SMTP_URL` is not the URL of a mail server: {error}"))?;
    secrets.add(&server.mask());
    let guard = allowances
        .builder()?
        .guard(server.host(), server.port())
        .map_err(|denied| format!("`NAFTIKO_SMTP_URL`: {denied}"))?;
    Email::new(server, Arc::new(Guarded(guard)), &from, callback.clone())
        .map_err(|error| format!("`NAFTIKO_SMTP_FROM`: {error}"))
}

fn webhook(
    step: &str,
    wants: &Wants,
    allowances: &Allowances,
    permits: &Permits,
    callback: &Arc<Callback>,
    secrets: &Secrets,
) -> Result<Webhook, String> {
    let poster = wants.poster(allowances)?;
    wants.urls.iter().try_for_each(|(_, url)| permits.require(&webhook_key(), url).map(drop))?;
    let what = "sends a webhook that is signed with the key in that variable";
    let key = needed(WEBHOOK_KEY, step, what)?;
    secrets.add(&Key::mask(&key));
    let key = Key::read(&key).map_err(|error| format!("`{WEBHOOK_KEY}`: {error}"))?;
    Ok(Webhook::new(Arc::new(Posted { poster, permits: permits.clone() }), key, callback.clone(), now))
}

/// Masks the secrets of the channels, also of a run that sends no messages any more: its answers may hold them. Returns
/// whether all are known: a password cannot be found in a URL that cannot be read.
pub(crate) fn hide_channel_secrets(secrets: &Secrets) -> bool {
    let server = world::variable("NAFTIKO_SMTP_URL").map(|url| SmtpServer::read(&url, Vec::new()));
    if let Some(Ok(server)) = &server {
        secrets.add(&server.mask());
    }
    if let Some(key) = world::variable(WEBHOOK_KEY) {
        secrets.add(&Key::mask(&key));
    }
    !matches!(server, Some(Err(_)))
}

fn webhook_key() -> SecretName {
    SecretName::EnvVar(WEBHOOK_KEY.to_owned())
}

fn command(wants: &Wants, allowances: &Allowances, secrets: &Secrets) -> Result<Command, String> {
    let environment = ["PATH", "HOME", "LANG"];
    let environment =
        environment.into_iter().filter_map(|name| Some((name.to_owned(), world::variable(name)?)));
    let command =
        Command::new(allowances.commands.iter().cloned(), environment.collect(), secrets.clone(), now);
    for (step, program) in &wants.programs {
        command.permit(program).map_err(|denied| format!("`{step}`: {denied}"))?;
    }
    Ok(command)
}

fn now() -> SystemTime {
    world::now().into()
}

/// Posts messages under the network rules for providers. The approval of the signing key is checked for every message,
/// since the host of a URL may be known only when its step starts.
struct Posted {
    poster: Poster,
    permits: Permits,
}

#[async_trait]
impl Post for Posted {
    async fn post(&self, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<u16, Failure> {
        let refused = |reason: String| Failure::new(FailureKind::Refused, reason);
        let to: Url = url.parse().map_err(|error| refused(format!("its `url` is not a URL: {error}")))?;
        self.permits.require(&webhook_key(), &to).map_err(refused)?;
        self.poster.post(url, headers, body).await
    }
}

/// Resolves the mail server under the network rules for providers.
struct Guarded(HostGuard);

#[async_trait]
impl MailRoute for Guarded {
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        self.0.addresses().await
    }
}

/// Routes each question to its channel. Questions at the terminal go to a channel of their own.
pub(super) struct Switchboard {
    pub(super) outside: Arc<Outside>,
    pub(super) somebody: Box<dyn Channel>,
}

impl fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switchboard").field("outside", &self.outside).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Switchboard {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let channel: Option<&dyn Channel> = match question.channel.as_str() {
            "email" => self.outside.email.as_ref().map(|it| it as &dyn Channel),
            "webhook" => self.outside.webhook.as_ref().map(|it| it as &dyn Channel),
            "command" => self.outside.command.as_ref().map(|it| it as &dyn Channel),
            _ => Some(self.somebody.as_ref()),
        };
        match channel {
            Some(channel) => channel.ask(question).await,
            None => {
                let message = format!("there is no channel `{}` here", question.channel);
                Err(Failure::new(FailureKind::Refused, message))
            }
        }
    }
}
