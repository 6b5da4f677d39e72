//! What a plan can say and this engine cannot do yet. Such a plan is refused as a whole, before anything is sent.

use std::collections::BTreeSet;
use std::fmt;

use naftiko_plan::{Action, Auth, Channel, External, Invoke, OnDoubt, OnFailure, Plan, Provider, Step};

/// Something in a plan that cannot be run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// A key of a step.
    Step {
        /// The step.
        step: String,
        /// The key, with its value where only that value is meant: `when`, `onDoubt: retry`.
        key: String,
    },
    /// What is known of an operation that a step uses.
    Operation {
        /// Its key in the plan.
        operation: String,
        /// The key.
        key: &'static str,
    },
    /// A way to be let in by a provider that a step uses.
    Authentication {
        /// The provider.
        provider: String,
        /// The scheme: `oauth2`.
        scheme: &'static str,
    },
}

impl fmt::Display for Unsupported {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { step, key } => write!(f, "step `{step}`: `{key}`"),
            Self::Operation { operation, key } => write!(f, "operation `{operation}`: `{key}`"),
            Self::Authentication { provider, scheme } => {
                write!(f, "provider `{provider}`: authentication of type `{scheme}`")
            }
        }
    }
}

/// Everything in a plan that this engine cannot do yet, step by step; nothing for a plan that can be run.
pub fn unsupported(plan: &Plan) -> Vec<Unsupported> {
    let mut found: Vec<Unsupported> = plan.steps.iter().flat_map(of_step).collect();
    let invokes = || plan.steps.iter().filter_map(invoke);
    let operations: BTreeSet<&str> = invokes().map(|invoke| invoke.operation.as_str()).collect();
    for operation in operations {
        let Some(facts) = plan.facts.get(operation) else { continue };
        let keys = [("rateLimit", facts.rate_limit.is_some()), ("sensitive", !facts.sensitive.is_empty())];
        let keys = keys.into_iter().filter(|(_, said)| *said);
        found.extend(keys.map(|(key, _)| Unsupported::Operation { operation: operation.to_owned(), key }));
    }
    let providers: BTreeSet<&str> =
        invokes().filter_map(|invoke| Some(plan.operation(invoke)?.provider.as_str())).collect();
    for id in providers {
        let auth = plan.providers.get(id).and_then(authentication);
        found.extend(auth.map(|scheme| Unsupported::Authentication { provider: id.to_owned(), scheme }));
    }
    found
}

fn invoke(step: &Step) -> Option<&Invoke> {
    match &step.action {
        Action::Invoke(invoke) => Some(invoke),
        Action::External(_) | Action::Composition(_) => None,
    }
}

fn of_step(step: &Step) -> Vec<Unsupported> {
    let mut keys: Vec<String> = Vec::new();
    let mut add = |key: &str, said: bool| keys.extend(said.then(|| key.to_owned()));
    add("composition", matches!(step.action, Action::Composition(_)));
    add("when", step.when.is_some());
    add("forEach", step.for_each.is_some());
    add("onFailure: continue", step.on_failure == OnFailure::Continue);
    add("compensate", step.compensate.is_some());
    match &step.action {
        Action::Invoke(invoke) => {
            add("onDoubt: retry", invoke.on_doubt == OnDoubt::Retry);
            add("onDoubt: fail", invoke.on_doubt == OnDoubt::Fail);
        }
        Action::External(external) => {
            let External { channel, timeout, .. } = external.as_ref();
            add(&format!("channel: {}", channel.as_str()), *channel != Channel::Prompt);
            add("external.timeout", timeout.is_some());
        }
        Action::Composition(_) => {}
    }
    keys.into_iter().map(|key| Unsupported::Step { step: step.id.clone(), key }).collect()
}

/// The scheme of a provider, if no adapter of ours speaks it.
fn authentication(provider: &Provider) -> Option<&'static str> {
    match &provider.auth {
        Auth::None | Auth::Bearer { .. } => None,
        other => Some(other.scheme()),
    }
}
