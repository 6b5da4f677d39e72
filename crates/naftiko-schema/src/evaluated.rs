//! The properties and items that some keyword has looked at, for `unevaluatedProperties` and `unevaluatedItems`.

use std::rc::Rc;

use serde_json::Value;

use crate::choice::named;
use crate::evaluate::Evaluator;
use crate::graph::{Node, NodeId};
use crate::instance::Instance;
use crate::kin::{Kin, Positions};
use crate::verdict::Verdict;

impl<'s, 'v> Evaluator<'s, 'v> {
    /// The properties or items of a value that a node looks at, its own `unevaluated…` aside.
    pub(crate) fn evaluated(&mut self, node: &'s Node, value: &'v Value) -> Positions {
        let mut found = Positions::default();
        match value {
            Value::Object(fields) => {
                let rules = node.object.as_deref();
                self.own_properties(rules, fields, &mut found);
                if rules.is_some_and(|rules| rules.additional.is_some()) {
                    (0..fields.len()).for_each(|at| found.insert(at));
                }
            }
            Value::Array(items) => self.own_items(node, items, &mut found),
            _ => return found,
        }
        for child in self.applying(node, value) {
            found.extend(&self.evaluated_below(child, value));
        }
        found
    }

    /// The properties or items that a node evaluates, its own `unevaluated…` included.
    fn evaluated_below(&mut self, id: NodeId, value: &'v Value) -> Rc<Positions> {
        let key = (id, std::ptr::from_ref(value));
        if let Some(known) = self.evaluated.get(&key) {
            return Rc::clone(known);
        }
        self.evaluated.insert(key, Rc::default());
        if !self.spend(1) || !self.enter() {
            return Rc::default();
        }
        let node = self.graph.node(id);
        let mut found = self.evaluated(node, value);
        self.leave();
        let (count, is_rest) = match value {
            Value::Object(fields) => {
                (fields.len(), node.object.as_ref().is_some_and(|rules| rules.unevaluated.is_some()))
            }
            Value::Array(items) => {
                (items.len(), node.list.as_ref().is_some_and(|rules| rules.unevaluated.is_some()))
            }
            _ => (0, false),
        };
        if is_rest {
            (0..count).for_each(|at| found.insert(at));
        }
        let found = Rc::new(found);
        self.evaluated.insert(key, Rc::clone(&found));
        found
    }

    fn own_items(&mut self, node: &'s Node, items: &'v [Value], found: &mut Positions) {
        let Some(rules) = &node.list else { return };
        let count = if rules.items.is_some() { items.len() } else { rules.prefix.len() };
        (0..count).for_each(|at| found.insert(at));
        if let Some(contains) = rules.contains {
            for (at, item) in items.iter().enumerate() {
                if self.part(contains.node, item) == Verdict::Fits {
                    found.insert(at);
                }
            }
        }
    }

    /// The nodes that hold for the same value: those that must, and the branches that do.
    fn applying(&mut self, node: &'s Node, value: &'v Value) -> Vec<NodeId> {
        let mut applying = node.all.clone();
        let instance = Instance::plain(value);
        let mut holds = |id: NodeId| {
            // A closed branch fails alone for what others beside it allow.
            let branch = self.graph.node(id);
            (branch.is_lenient && branch.is_closed) || self.pair(id, instance, Kin::NONE) != Verdict::Fails
        };
        for choice in &node.choices {
            match named(choice, value) {
                Some(named) => applying.push(named),
                None => applying.extend(choice.branches.iter().copied().filter(|branch| holds(*branch))),
            }
        }
        if let Some(condition) = node.condition {
            if self.pair(condition.test, instance, Kin::NONE) == Verdict::Fails {
                applying.extend(condition.otherwise);
            } else {
                applying.extend([Some(condition.test), condition.then].into_iter().flatten());
            }
        }
        let is_there = |name: &str| value.get(name).is_some();
        applying.extend(node.dependent.iter().filter(|(name, _)| is_there(name)).map(|(_, id)| *id));
        applying
    }
}
