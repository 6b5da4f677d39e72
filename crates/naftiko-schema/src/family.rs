//! The part of an examination that finds which properties the schemas around a closed one allow.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::evaluate::Evaluator;
use crate::graph::{Node, NodeId, ObjectRules};
use crate::kin::{Family, Kin, Positions};
use crate::verdict::Verdict;

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
                if !self.spend(1 + declared.words() as u64) {
                    break;
                }
                all.extend(&declared);
            }
            groups.push(Rc::new(all));
        }
        let family = Family::new(own, groups);
        self.spend(family.steps());
        Some(family)
    }

    /// The properties that a group of a family may have beside its own: those of all others.
    pub(crate) fn beside(&mut self, family: Option<&Family>, group: usize) -> Kin {
        family.map_or(Kin::NONE, |family| self.kinship.number(family.beside(group)))
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
        if let Some(known) = self.kinship.declared(id, value) {
            return known;
        }
        // The set is empty while it is computed: a schema that contains itself declares no further properties.
        self.kinship.remember(id, value, Rc::default());
        let node = self.graph.node(id);
        let mut found = Positions::default();
        if let Some(fields) = value.as_object() {
            self.own_properties(node.object.as_deref(), fields, &mut found);
        }
        if self.enter() {
            for child in node.in_place() {
                let declared = self.declared(child, value);
                if !self.spend(1 + declared.words() as u64) {
                    break;
                }
                found.extend(&declared);
            }
            self.leave();
        }
        let found = Rc::new(found);
        self.kinship.remember(id, value, Rc::clone(&found));
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
