//! What a plan can say and this engine cannot do yet. Such a plan is refused as a whole, before anything is sent.

use std::collections::BTreeSet;
use std::fmt;

use naftiko_plan::{Action, Auth, Plan, Provider, Step};

/// Something in a plan that cannot be run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
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
            Self::Operation { operation, key } => write!(f, "operation `{operation}`: `{key}`"),
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
    let operations: BTreeSet<&str> = plan.invokes().map(|invoke| invoke.operation.as_str()).collect();
    for operation in operations {
        if plan.facts.get(operation).is_some_and(|facts| facts.rate_limit.is_some()) {
            found.push(Unsupported::Operation { operation: operation.to_owned(), key: "rateLimit" });
        }
    }
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
