//! The keywords that combine schemas: `allOf`, `anyOf`, `oneOf`, `not`, `if` and `dependentSchemas`.

use serde_json::Value;

use crate::evaluate::Evaluator;
use crate::graph::{Choice, Condition, Node, NodeId};
use crate::instance::Instance;
use crate::kin::Kin;
use crate::verdict::Verdict;

/// A schema that a combination asks for, with the properties that others allow it.
pub(crate) type Branch = (NodeId, Kin);

impl<'s, 'v> Evaluator<'s, 'v> {
    /// Whether a value fits the schemas that a node combines.
    pub(crate) fn combined(&mut self, node: &'s Node, instance: Instance<'v>, kin: Kin) -> Verdict {
        if !node.is_combined() {
            return Verdict::Fits;
        }
        let parts = self.parts(node, instance, kin);
        let mut verdict = Verdict::Fits;
        for (id, kin) in parts.all {
            verdict = verdict.min(self.pair(id, instance, kin));
            if verdict == Verdict::Fails {
                return verdict;
            }
        }
        for (choice, kin) in parts.choices {
            verdict = verdict.min(self.choice(choice, instance, kin));
            if verdict == Verdict::Fails {
                return verdict;
            }
        }
        if let Some(not) = node.not {
            verdict = verdict.min(self.pair(not, instance, Kin::NONE).negated());
        }
        if let Some((condition, kin)) = parts.condition {
            verdict = verdict.min(self.condition(condition, instance, kin));
        }
        verdict
    }

    /// Whether a value fits one of several branches.
    fn choice(&mut self, choice: &'s Choice, instance: Instance<'v>, kin: Kin) -> Verdict {
        if let Some(named) = named(choice, instance.value) {
            return self.pair(named, instance, kin);
        }
        let (mut fits, mut unknown) = (0_u32, false);
        for branch in &choice.branches {
            match self.pair(*branch, instance, kin) {
                Verdict::Fits => fits += 1,
                Verdict::Unknown => unknown = true,
                Verdict::Fails => {}
            }
            if fits > 0 && !choice.is_exclusive {
                return Verdict::Fits;
            }
        }
        match (fits, unknown) {
            (1, false) => Verdict::Fits,
            (0 | 1, true) => Verdict::Unknown,
            _ => Verdict::Fails,
        }
    }

    fn condition(&mut self, condition: Condition, instance: Instance<'v>, kin: Kin) -> Verdict {
        let mut then =
            |branch: Option<NodeId>| branch.map_or(Verdict::Fits, |id| self.pair(id, instance, kin));
        match then(Some(condition.test)) {
            Verdict::Fits => then(condition.then),
            Verdict::Fails => then(condition.otherwise),
            Verdict::Unknown => match (then(condition.then), then(condition.otherwise)) {
                (a, b) if a == b => a,
                _ => Verdict::Unknown,
            },
        }
    }

    /// The schemas that a node combines for a value, each with the properties that the others allow it.
    pub(crate) fn parts(&mut self, node: &'s Node, instance: Instance<'v>, kin: Kin) -> Parts<'s> {
        let family = self.family(node, instance.value, kin);
        let mut group = 0..;
        let mut beside = || {
            let kin = self.beside(family.as_ref(), group.next().unwrap_or_default());
            // If nothing in this node is closed, the properties that are allowed around it make no difference.
            kin
        };
        let mut all: Vec<Branch> = node.all.iter().map(|id| (*id, beside())).collect();
        let choices = node.choices.iter().map(|choice| (choice, beside())).collect();
        let condition = node.condition.map(|condition| (condition, beside()));
        for (name, id) in &node.dependent {
            let kin = beside();
            if instance.value.get(&**name).is_some() {
                all.push((*id, kin));
            }
        }
        Parts { all, choices, condition }
    }
}

/// The schemas that a node combines.
pub(crate) struct Parts<'s> {
    pub(crate) all: Vec<Branch>,
    pub(crate) choices: Vec<(&'s Choice, Kin)>,
    pub(crate) condition: Option<(Condition, Kin)>,
}

impl Node {
    pub(crate) fn is_combined(&self) -> bool {
        !self.all.is_empty()
            || !self.choices.is_empty()
            || self.not.is_some()
            || self.condition.is_some()
            || !self.dependent.is_empty()
    }
}

/// The branch that the discriminator of a value names.
pub(crate) fn named(choice: &Choice, value: &Value) -> Option<NodeId> {
    let discriminator = choice.discriminator.as_ref()?;
    let name = value.get(&*discriminator.property)?.as_str()?;
    discriminator.branches.get(name).copied()
}
