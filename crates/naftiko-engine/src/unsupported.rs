//! What a plan can say and this engine cannot do yet. Such a plan is refused as a whole, before anything is sent.

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
}

impl fmt::Display for Unsupported {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { step, key } => write!(f, "step `{step}`: `{key}`"),
        }
    }
}

/// Everything in a plan, and in those within it, that cannot be done yet, step by step; nothing for a plan that can be
/// run.
pub fn unsupported(plan: &Plan) -> Vec<Unsupported> {
    plan.steps.iter().flat_map(of_step).collect()
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
