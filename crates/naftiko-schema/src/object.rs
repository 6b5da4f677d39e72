//! The keywords for objects.

use serde_json::{Map, Value};

use crate::evaluate::Evaluator;
use crate::graph::{Node, NodeId, ObjectRules};
use crate::kin::Kin;
use crate::report::Rule;
use crate::verdict::Verdict;

impl<'s, 'v> Evaluator<'s, 'v> {
    /// Whether an object fits what a node itself says about objects.
    pub(crate) fn object(
        &mut self,
        node: &'s Node,
        fields: &'v Map<String, Value>,
        value: &'v Value,
        kin: Kin,
    ) -> Verdict {
        let Some(rules) = &node.object else { return Verdict::Fits };
        if !has_required(rules, fields) || broken_count(rules, fields).is_some() {
            return Verdict::Fails;
        }
        let mut verdict = Verdict::Fits;
        for (at, (name, field)) in fields.iter().enumerate() {
            verdict = verdict.min(self.field(node, rules, value, kin, at, name, field));
            if verdict == Verdict::Fails {
                return verdict;
            }
        }
        if let Some(names) = rules.names {
            for name in fields.keys() {
                verdict = verdict.min(self.name(names, name));
            }
        }
        match rules.unevaluated {
            Some(unevaluated) => verdict.min(self.rest(node, unevaluated, fields, value, kin)),
            None => verdict,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a property, and the object it is looked at in")]
    fn field(
        &mut self,
        node: &'s Node,
        rules: &'s ObjectRules,
        value: &'v Value,
        kin: Kin,
        at: usize,
        name: &str,
        field: &'v Value,
    ) -> Verdict {
        let (mut verdict, is_declared) = (Verdict::Fits, &mut false);
        for schema in self.declared_schemas(rules, name, is_declared) {
            verdict = verdict.min(self.part(schema, field));
        }
        match rules.additional {
            Some(additional) if !*is_declared => {
                let own = self.part(additional, field);
                let is_excused = own != Verdict::Fits && self.is_kin(node, value, kin, at);
                if is_excused { verdict } else { verdict.min(own) }
            }
            _ => verdict,
        }
    }

    /// The schemas that `properties` and `patternProperties` have for a property.
    pub(crate) fn declared_schemas(
        &mut self,
        rules: &'s ObjectRules,
        name: &str,
        is_declared: &mut bool,
    ) -> Vec<NodeId> {
        let mut schemas: Vec<NodeId> = rules.properties.get(name).copied().into_iter().collect();
        if !rules.patterns.is_empty() && self.spend(rules.patterns.len() as u64) {
            let name = Value::String(name.to_owned());
            for (pattern, schema) in &rules.patterns {
                if self.matches(pattern, &name, self.root) == Verdict::Fits {
                    schemas.push(*schema);
                }
            }
        }
        *is_declared = !schemas.is_empty();
        schemas
    }

    /// Whether the name of a property fits. A name is no part of the value, so it is examined apart.
    pub(crate) fn name(&mut self, names: NodeId, name: &str) -> Verdict {
        let name = Value::String(name.to_owned());
        let mut apart = Evaluator::new(self.graph, self.options, &name, &[]);
        apart.budget = self.budget;
        apart.steps = self.steps;
        // A pattern that could not be decided for one name is not tried again for the next.
        let known = self.undecided.len();
        apart.undecided = std::mem::take(&mut self.undecided);
        let verdict = apart.part(names, &name);
        let (steps, mut undecided) = (apart.steps, apart.undecided);
        for (place, _) in undecided.iter_mut().skip(known) {
            *place = self.root;
        }
        self.steps = steps;
        self.undecided = undecided;
        verdict
    }

    /// Whether the properties fit that no other keyword has looked at.
    fn rest(
        &mut self,
        node: &'s Node,
        unevaluated: NodeId,
        fields: &'v Map<String, Value>,
        value: &'v Value,
        kin: Kin,
    ) -> Verdict {
        let evaluated = self.evaluated(node, value);
        let mut verdict = Verdict::Fits;
        for (at, field) in fields.values().enumerate() {
            if !evaluated.contains(at) && !self.is_kin(node, value, kin, at) {
                verdict = verdict.min(self.part(unevaluated, field));
            }
        }
        verdict
    }
}

/// Whether all required properties are there.
fn has_required(rules: &ObjectRules, fields: &Map<String, Value>) -> bool {
    rules.required.iter().all(|name| fields.contains_key(&**name))
        && rules.dependent_required.iter().all(|(name, needed)| {
            !fields.contains_key(&**name) || needed.iter().all(|name| fields.contains_key(&**name))
        })
}

/// The limit of the number of properties that an object breaks.
pub(crate) fn broken_count(rules: &ObjectRules, fields: &Map<String, Value>) -> Option<Rule> {
    let count = fields.len() as u64;
    let few = rules.min.filter(|min| count < *min).map(Rule::MinProperties);
    few.or_else(|| rules.max.filter(|max| count > *max).map(Rule::MaxProperties))
}
