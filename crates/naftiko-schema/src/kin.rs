//! The properties that the schemas around a closed one allow.
//!
//! `allOf: [{$ref: Base}, {properties: {extra: …}}]` with a `Base` that has `additionalProperties: false` accepts nothing
//! by the letter. Where descriptions are read leniently, a closed schema allows the properties that the schemas it is
//! combined with declare. A branch of a choice does not allow the properties of the other branches of that choice.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::evaluate::{Evaluator, Verdict};
use crate::graph::{Node, NodeId, ObjectRules};

/// A set of properties of one object that the schemas around a node allow, by its number in the [`Kinship`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kin(u32);

impl Kin {
    /// No property.
    pub(crate) const NONE: Self = Self(0);
}

/// A set of positions: properties of an object, or items of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Positions(Vec<u64>);

/// The sets of properties that an examination has met.
#[derive(Default)]
pub(crate) struct Kinship {
    sets: Vec<Positions>,
    numbers: HashMap<Positions, Kin>,
    /// The properties of an object that a node and everything below it, on the same object, declare.
    declared: HashMap<(NodeId, *const Value), Rc<Positions>>,
}

/// The properties that the parts of one node declare.
pub(crate) struct Family {
    /// Those of the node and of the schemas around it.
    own: Positions,
    groups: Vec<Rc<Positions>>,
    /// Those that one group declares at least, and those that two do.
    once: Positions,
    twice: Positions,
}

impl Positions {
    pub(crate) fn insert(&mut self, at: usize) {
        let word = at / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (at % 64);
        }
    }

    pub(crate) fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.combine(other, |a, b| a | b);
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter_mut().zip(others).for_each(|(word, other)| *word = with(*word, other));
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

impl Kinship {
    pub(crate) fn allows(&self, kin: Kin, at: usize) -> bool {
        self.set(kin).is_some_and(|set| set.contains(at))
    }

    fn set(&self, kin: Kin) -> Option<&Positions> {
        self.sets.get((kin.0 as usize).checked_sub(1)?)
    }

    fn number(&mut self, mut set: Positions) -> Kin {
        set.trim();
        if set.0.is_empty() {
            return Kin::NONE;
        }
        if let Some(known) = self.numbers.get(&set) {
            return *known;
        }
        self.sets.push(set.clone());
        let kin = Kin(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.numbers.insert(set, kin);
        kin
    }
}

impl<'s, 'v> Evaluator<'s, 'v> {
    /// The properties that the parts of a node declare; `None` where no part limits the properties of an object.
    pub(crate) fn family(&mut self, node: &'s Node, value: &'v Value, kin: Kin) -> Option<Family> {
        let fields = value.as_object().filter(|_| node.is_lenient)?;
        if !node.in_place().any(|child| self.graph.node(child).is_closed) {
            return None;
        }
        let mut own = self.kinship.set(kin).cloned().unwrap_or_default();
        self.own_properties(node.object.as_deref(), fields, &mut own);
        let mut groups = Vec::new();
        for child in &node.all {
            groups.push(self.declared(*child, value));
        }
        let choices = node.choices.iter().map(|choice| choice.branches.clone());
        let condition =
            node.condition.map(|it| [Some(it.test), it.then, it.otherwise].into_iter().flatten().collect());
        let dependent = node.dependent.iter().map(|(_, node)| vec![*node]);
        for group in choices.chain(condition).chain(dependent) {
            let mut all = Positions::default();
            for child in group {
                let declared = self.declared(child, value);
                if !self.spend(1 + declared.0.len() as u64) {
                    break;
                }
                all.extend(&declared);
            }
            groups.push(Rc::new(all));
        }
        let (mut once, mut twice) = (Positions::default(), Positions::default());
        for group in &groups {
            let mut both = once.clone();
            both.combine(group, |a, b| a & b);
            twice.extend(&both);
            once.extend(group);
        }
        self.spend((groups.len() * once.0.len()) as u64);
        Some(Family { own, groups, once, twice })
    }

    /// The properties that a group of a family may have beside its own: those of all others.
    pub(crate) fn beside(&mut self, family: Option<&Family>, group: usize) -> Kin {
        let Some(family) = family else { return Kin::NONE };
        let mut set = family.once.clone();
        if let Some(group) = family.groups.get(group) {
            set.combine(group, |a, b| a & !b);
        }
        set.extend(&family.twice);
        set.extend(&family.own);
        self.kinship.number(set)
    }

    /// Whether a property that a node does not declare itself is declared beside it, or by what is combined in it.
    pub(crate) fn is_kin(&mut self, node: &'s Node, value: &'v Value, kin: Kin, at: usize) -> bool {
        if !node.is_lenient {
            return false;
        }
        if self.kinship.allows(kin, at) {
            return true;
        }
        for child in node.in_place() {
            if !self.spend(1) {
                return false;
            }
            if self.declared(child, value).contains(at) {
                return true;
            }
        }
        false
    }

    /// The properties of an object that a node declares, or another that applies to the same object.
    fn declared(&mut self, id: NodeId, value: &'v Value) -> Rc<Positions> {
        let key = (id, std::ptr::from_ref(value));
        if let Some(known) = self.kinship.declared.get(&key) {
            return Rc::clone(known);
        }
        // While it is sought, it is empty: what a schema declares by containing itself it declares anyway.
        self.kinship.declared.insert(key, Rc::default());
        let node = self.graph.node(id);
        let mut found = Positions::default();
        if let Some(fields) = value.as_object() {
            self.own_properties(node.object.as_deref(), fields, &mut found);
        }
        if self.enter() {
            for child in node.in_place() {
                let declared = self.declared(child, value);
                if !self.spend(1 + declared.0.len() as u64) {
                    break;
                }
                found.extend(&declared);
            }
            self.leave();
        }
        let found = Rc::new(found);
        self.kinship.declared.insert(key, Rc::clone(&found));
        found
    }

    /// Adds the properties that `properties` and `patternProperties` name.
    pub(crate) fn own_properties(
        &mut self,
        rules: Option<&'s ObjectRules>,
        fields: &'v Map<String, Value>,
        found: &mut Positions,
    ) {
        let Some(rules) = rules.filter(|it| !it.properties.is_empty() || !it.patterns.is_empty()) else {
            return;
        };
        if !self.spend((fields.len() * (1 + rules.patterns.len())) as u64) {
            return;
        }
        for (at, name) in fields.keys().enumerate() {
            let mut is_declared = rules.properties.contains_key(name.as_str());
            if !is_declared && !rules.patterns.is_empty() {
                let name = Value::String(name.clone());
                let mut patterns = rules.patterns.iter();
                is_declared =
                    patterns.any(|(pattern, _)| self.matches(pattern, &name, self.root) == Verdict::Fits);
            }
            if is_declared {
                found.insert(at);
            }
        }
    }
}
