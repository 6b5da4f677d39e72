//! Why a value does not fit.
//!
//! A failure is explained where it arises: of an object that fits no branch of `anyOf` or `oneOf`, the nearest branch is
//! explained. The nearest is the one with the least weight; the weight of a pair is computed once, like its verdict.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::cause::{Cause, Token};
use crate::choice::named;
use crate::evaluate::{Evaluator, Key};
use crate::graph::{Choice, NodeId};
use crate::instance::Instance;
use crate::kin::Kin;
use crate::place::escaped;
use crate::report::{Report, Rule, Violation};
use crate::verdict::Verdict;
use crate::words::Types;

/// The weight of a value of another type than a branch takes: it is hardly meant for that branch.
const OTHER_TYPE: u64 = 10_000;
/// The most that a part of a value weighs against the branch of the whole.
const MOST_OF_A_PART: u64 = 100;

/// How many of the violations before are compared with a new one.
const NEAR: usize = 64;

/// The explanation of one value.
pub(crate) struct Explanation {
    /// The weights so far; 0: the pair fits, or is being weighed.
    weights: HashMap<Key, u64>,
    /// The pairs that are explained.
    explained: HashSet<Key>,
    violations: Vec<Violation>,
    most: usize,
}

impl<'s, 'v> Evaluator<'s, 'v> {
    /// The verdict, with everything that the value breaks, up to `most` violations.
    pub(crate) fn report(&mut self, most: usize) -> Report {
        let verdict = self.verdict();
        let mut violations = Vec::new();
        if verdict == Verdict::Fails {
            let mut explanation = Explanation {
                weights: HashMap::new(),
                explained: HashSet::new(),
                violations: Vec::new(),
                most,
            };
            let (root, value) = (self.graph.root, self.root);
            self.explain_part(root, value, &mut Vec::new(), &mut explanation);
            violations = explanation.violations;
        }
        let tolerated = if verdict == Verdict::Fails { Vec::new() } else { self.tolerated() };
        let exhausted = self.is_exhausted();
        Report {
            verdict: if exhausted && violations.is_empty() { Verdict::Unknown } else { verdict },
            violations,
            tolerated,
            undecided: self.undecided_places(),
            exhausted,
            steps: self.steps,
            budget: self.budget,
        }
    }

    fn explain_part(
        &mut self,
        node: NodeId,
        value: &'v Value,
        path: &mut Vec<Token<'v>>,
        explanation: &mut Explanation,
    ) {
        let instance = self.nearest_reading(node, value, explanation);
        self.explain(node, instance, Kin::NONE, path, explanation);
    }

    /// The reading of a value that comes nearest to a node.
    fn nearest_reading(
        &mut self,
        node: NodeId,
        value: &'v Value,
        explanation: &mut Explanation,
    ) -> Instance<'v> {
        let plain = Instance::plain(value);
        if !self.options.as_text {
            return plain;
        }
        let mut best = (u64::MAX, plain);
        for instance in Instance::readings(value) {
            let weight = self.weight(node, instance, Kin::NONE, explanation);
            if weight < best.0 {
                best = (weight, instance);
            }
        }
        best.1
    }

    fn explain(
        &mut self,
        id: NodeId,
        instance: Instance<'v>,
        kin: Kin,
        path: &mut Vec<Token<'v>>,
        explanation: &mut Explanation,
    ) {
        let key = (id, std::ptr::from_ref(instance.value), instance.reading, kin);
        if explanation.is_full() || !explanation.explained.insert(key) || !self.enter() {
            return;
        }
        let node = self.graph.node(id);
        for cause in self.causes(node, instance, kin) {
            match cause {
                Cause::Rule(rule) => explanation.push(path, rule, instance.value),
                Cause::Excused(_) => {}
                Cause::Part(token, node, value) => {
                    if self.weight_part(node, value, explanation) > 0 {
                        path.push(token);
                        self.explain_part(node, value, path, explanation);
                        path.pop();
                    }
                }
                Cause::Same(node, kin) => {
                    if self.weight(node, instance, kin, explanation) > 0 {
                        self.explain(node, instance, kin, path, explanation);
                    }
                }
                Cause::Choice(choice, kin) => self.explain_choice(choice, instance, kin, path, explanation),
            }
        }
        self.leave();
    }

    fn explain_choice(
        &mut self,
        choice: &'s Choice,
        instance: Instance<'v>,
        kin: Kin,
        path: &mut Vec<Token<'v>>,
        explanation: &mut Explanation,
    ) {
        if self.weight_choice(choice, instance, kin, explanation) == 0 {
            return;
        }
        if let Some(named) = named(choice, instance.value) {
            return self.explain(named, instance, kin, path, explanation);
        }
        if let Some(discriminator) = choice.discriminator.as_ref().filter(|_| instance.value.is_object()) {
            let names = discriminator.branches.keys().map(|name| Value::String(name.to_string())).collect();
            let property = &*discriminator.property;
            match instance.value.as_object().and_then(|fields| fields.get_key_value(property)) {
                Some((name, value)) => {
                    path.push(Token::Field(name));
                    explanation.push(path, Rule::Values(names), value);
                    path.pop();
                }
                None => explanation.push(path, Rule::Required(property.to_owned()), instance.value),
            }
            return;
        }
        if let Some(rule) = self.common_rule(choice, instance, kin, explanation) {
            return explanation.push(path, rule, instance.value);
        }
        let mut nearest = (u64::MAX, None);
        for branch in &choice.branches {
            let weight = self.weight(*branch, instance, kin, explanation);
            if weight < nearest.0 {
                nearest = (weight, Some(*branch));
            }
        }
        if let Some(branch) = nearest.1.filter(|_| nearest.0 > 0) {
            return self.explain(branch, instance, kin, path, explanation);
        }
        explanation.push(path, Rule::SeveralBranches, instance.value);
    }

    /// The rule that every branch has, where each takes another type, or lists other values.
    fn common_rule(
        &mut self,
        choice: &'s Choice,
        instance: Instance<'v>,
        kin: Kin,
        explanation: &mut Explanation,
    ) -> Option<Rule> {
        let mut types: Option<Types> = None;
        let mut values = Vec::new();
        for branch in &choice.branches {
            if self.weight(*branch, instance, kin, explanation) == 0 {
                return None;
            }
            match self.first_rule(*branch, instance, kin)? {
                Rule::Type(more) if values.is_empty() => types = Some(types.unwrap_or_default().union(more)),
                Rule::Values(more) if types.is_none() => values.extend(more.iter().cloned()),
                _ => return None,
            }
        }
        types.map(Rule::Type).or_else(|| Some(Rule::Values(values.into())))
    }

    /// The type or the values that a node takes and a value is not of.
    fn first_rule(&mut self, id: NodeId, instance: Instance<'v>, kin: Kin) -> Option<Rule> {
        let node = self.graph.node(id);
        self.own_rules(node, instance, kin)
            .into_iter()
            .find(|rule| matches!(rule, Rule::Type(_) | Rule::Values(_)))
    }

    fn weight_part(&mut self, node: NodeId, value: &'v Value, explanation: &mut Explanation) -> u64 {
        let instance = self.nearest_reading(node, value, explanation);
        self.weight(node, instance, Kin::NONE, explanation)
    }

    /// How much a value lacks to fit a node; 0 if it does not fail.
    fn weight(&mut self, id: NodeId, instance: Instance<'v>, kin: Kin, explanation: &mut Explanation) -> u64 {
        let key = (id, std::ptr::from_ref(instance.value), instance.reading, kin);
        if let Some(known) = explanation.weights.get(&key) {
            return *known;
        }
        explanation.weights.insert(key, 0);
        if !self.spend(1) || !self.enter() {
            return 0;
        }
        let node = self.graph.node(id);
        let mut weight = 0_u64;
        for cause in self.causes(node, instance, kin) {
            weight = weight.saturating_add(match cause {
                Cause::Rule(rule) => rule.weight(),
                Cause::Excused(_) => 0,
                Cause::Part(_, node, value) => self.weight_part(node, value, explanation).min(MOST_OF_A_PART),
                Cause::Same(node, kin) => self.weight(node, instance, kin, explanation),
                Cause::Choice(choice, kin) => self.weight_choice(choice, instance, kin, explanation),
            });
        }
        self.leave();
        explanation.weights.insert(key, weight);
        weight
    }

    fn weight_choice(
        &mut self,
        choice: &'s Choice,
        instance: Instance<'v>,
        kin: Kin,
        explanation: &mut Explanation,
    ) -> u64 {
        if let Some(named) = named(choice, instance.value) {
            return self.weight(named, instance, kin, explanation);
        }
        let (mut least, mut fitting) = (u64::MAX, 0_u32);
        for branch in &choice.branches {
            let weight = self.weight(*branch, instance, kin, explanation);
            least = least.min(weight);
            // A branch that could not be decided weighs nothing, and does not fit for certain.
            fitting += u32::from(weight == 0 && self.pair(*branch, instance, kin) == Verdict::Fits);
        }
        match (least, fitting) {
            (0, 2..) if choice.is_exclusive => Rule::SeveralBranches.weight(),
            (least, _) => least,
        }
    }
}

impl Explanation {
    fn is_full(&self) -> bool {
        self.violations.len() >= self.most
    }

    fn push(&mut self, path: &[Token<'_>], rule: Rule, value: &Value) {
        let violation = Violation::new(pointer(path), rule, value);
        // Two closed schemas that are joined reject one property each.
        let is_known = |known: &Violation| known.pointer == violation.pointer && known.rule == violation.rule;
        if !self.is_full() && !self.violations.iter().rev().take(NEAR).any(is_known) {
            self.violations.push(violation);
        }
    }
}

impl Rule {
    /// How much it speaks against a branch that it is broken: a value that names another branch most.
    fn weight(&self) -> u64 {
        match self {
            Self::Type(_) => OTHER_TYPE,
            Self::Values(_) => 100,
            Self::Required(_) => 1,
            Self::Unexpected(names) => 10 * names.len() as u64,
            _ => 10,
        }
    }
}

/// The JSON pointer of a path.
pub(crate) fn pointer(path: &[Token<'_>]) -> String {
    path.iter().fold(String::new(), |mut pointer, token| {
        pointer.push('/');
        match token {
            Token::Field(name) => pointer.push_str(&escaped(name)),
            Token::Item(at) => pointer.push_str(&at.to_string()),
        }
        pointer
    })
}
