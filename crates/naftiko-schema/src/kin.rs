//! The properties that the schemas around a closed one allow.
//!
//! `allOf: [{$ref: Base}, {properties: {extra: …}}]` with a `Base` that has `additionalProperties: false` accepts nothing
//! by the letter. Where descriptions are read leniently, a closed schema allows the properties that the schemas it is
//! combined with declare. A branch of a choice does not allow the properties of the other branches of that choice.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::graph::NodeId;

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

    /// How many machine words the set takes: the work of combining it with another.
    pub(crate) fn words(&self) -> usize {
        self.0.len()
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

    /// The properties of a set; `None` if it is empty.
    pub(crate) fn set(&self, kin: Kin) -> Option<&Positions> {
        self.sets.get((kin.0 as usize).checked_sub(1)?)
    }

    /// The set with these properties, which has one number however often it is met.
    pub(crate) fn number(&mut self, mut set: Positions) -> Kin {
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

    /// The properties that a node declares for an object, if they were remembered.
    pub(crate) fn declared(&self, node: NodeId, object: &Value) -> Option<Rc<Positions>> {
        self.declared.get(&(node, std::ptr::from_ref(object))).cloned()
    }

    /// Remembers the properties that a node declares for an object.
    pub(crate) fn remember(&mut self, node: NodeId, object: &Value, declared: Rc<Positions>) {
        self.declared.insert((node, std::ptr::from_ref(object)), declared);
    }
}

impl Family {
    /// The family of a node: the properties of the node and of the schemas around it, and those of each group of parts.
    pub(crate) fn new(own: Positions, groups: Vec<Rc<Positions>>) -> Self {
        let (mut once, mut twice) = (Positions::default(), Positions::default());
        for group in &groups {
            let mut both = once.clone();
            both.combine(group, |a, b| a & b);
            twice.extend(&both);
            once.extend(group);
        }
        Self { own, groups, once, twice }
    }

    /// The steps that combining the groups takes.
    pub(crate) fn steps(&self) -> u64 {
        (self.groups.len() * self.once.words()) as u64
    }

    /// The properties that a group may have beside its own: those of all others.
    pub(crate) fn beside(&self, group: usize) -> Positions {
        let mut set = self.once.clone();
        if let Some(group) = self.groups.get(group) {
            set.combine(group, |a, b| a & !b);
        }
        set.extend(&self.twice);
        set.extend(&self.own);
        set
    }
}
