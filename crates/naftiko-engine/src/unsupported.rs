//! What a plan can say and this engine cannot do yet. Such a plan is refused as a whole, before anything is sent.

use std::collections::BTreeSet;
use std::fmt;

use naftiko_plan::{Action, Channel, Plan, Step};

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
    /// What is known of an operation that a step uses.
    Operation {
        /// Its key in the plan.
        operation: String,
        /// The key.
        key: &'static str,
    },
}

impl fmt::Display for Unsupported {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { step, key } => write!(f, "step `{step}`: `{key}`"),
            Self::Operation { operation, key } => write!(f, "operation `{operation}`: `{key}`"),
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
