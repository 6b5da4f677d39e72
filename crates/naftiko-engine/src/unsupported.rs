//! What a plan can say and this engine cannot do yet. Such a plan is refused as a whole, before anything is sent.

use std::collections::BTreeSet;
use std::fmt;

use naftiko_plan::{Action, Auth, Channel, Plan, Provider, Step};

/// Something in a plan that cannot be run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// A key of a step.
    Step {
        /// The step.
        step: String,
        /// The key, with its value where only that value is meant: `channel: email`.
        key: String,
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
            Self::Authentication { provider, scheme } => {
                write!(f, "provider `{provider}`: authentication of type `{scheme}`")
            }
        }
    }
}

/// Everything in a plan, and in those within it, that cannot be done yet, step by step; nothing for a plan that can be
/// run.
pub fn unsupported(plan: &Plan) -> Vec<Unsupported> {
    let mut found: Vec<Unsupported> = plan.steps.iter().flat_map(of_step).collect();
    let providers: BTreeSet<&str> =
        plan.invokes().filter_map(|invoke| Some(plan.operation(invoke)?.provider.as_str())).collect();
    for id in providers {
        let auth = plan.providers.get(id).and_then(authentication);
        found.extend(auth.map(|scheme| Unsupported::Authentication { provider: id.to_owned(), scheme }));
    }
    found
}

fn of_step(step: &Step) -> Vec<Unsupported> {
    match &step.action {
        Action::External(external) if external.channel != Channel::Prompt => {
            let key = format!("channel: {}", external.channel.as_str());
            vec![Unsupported::Step { step: step.id.clone(), key }]
        }
        Action::Composition(embedded) => unsupported(&embedded.plan),
        Action::External(_) | Action::Invoke(_) => Vec::new(),
    }
}

/// The scheme of a provider, if no adapter of ours speaks it.
fn authentication(provider: &Provider) -> Option<&'static str> {
    match &provider.auth {
        Auth::None | Auth::Bearer { .. } => None,
        other => Some(other.scheme()),
    }
}
