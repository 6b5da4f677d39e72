//! Whether a value fits: verdicts of pairs of a node and a part of the value, within a budget.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Number, Value};

use crate::format;
use crate::graph::{Graph, Node, NodeId, NumberRules, TextRules, Values};
use crate::instance::{Instance, Reading, View, equal, share, size};
use crate::kin::{Kin, Kinship, Positions};
use crate::leaf::Leaf;
use crate::number::compare;
use crate::options::Options;
use crate::report::Rule;
use crate::verdict::Verdict;

/// How many steps an examination may take for each part of the value and for each part of the schema. A part is a
/// value, or 32 bytes of a text or of a name; ordinary descriptions take a few steps for a part.
pub const STEPS_PER_PART: u64 = 512;

/// How deeply verdicts may depend on each other. Beyond, an examination is given up like one without a budget.
const MAX_DEPTH: u32 = 400;

/// A node, a part of the value in one reading, and the properties that the schemas around the node allow.
pub(crate) type Key = (NodeId, *const Value, Reading, Kin);

/// One examination of one value.
pub(crate) struct Evaluator<'s, 'v> {
    pub(crate) graph: &'s Graph,
    pub(crate) options: Options,
    pub(crate) root: &'v Value,
    /// The parts that are not known.
    pub(crate) unknown: HashSet<*const Value>,
    pub(crate) has_unknown: bool,
    /// The verdicts so far; of a pair that is being examined, that it fits.
    memo: HashMap<Key, Verdict>,
    pub(crate) kinship: Kinship,
    pub(crate) steps: u64,
    pub(crate) budget: u64,
    depth: u32,
    /// The properties and items that nodes have evaluated, for `unevaluated…`.
    pub(crate) evaluated: HashMap<(NodeId, *const Value), Rc<Positions>>,
    /// The first few parts whose patterns could not be decided, with the patterns.
    pub(crate) undecided: Vec<(*const Value, &'s str)>,
}

impl<'s, 'v> Evaluator<'s, 'v> {
    pub(crate) fn new(graph: &'s Graph, options: Options, root: &'v Value, unknown: &[String]) -> Self {
        let parts = size(root).saturating_add(graph.size);
        let unknown: HashSet<*const Value> =
            unknown.iter().filter_map(|pointer| root.pointer(pointer)).map(std::ptr::from_ref).collect();
        Self {
            graph,
            options,
            root,
            has_unknown: !unknown.is_empty(),
            unknown,
            memo: HashMap::new(),
            kinship: Kinship::default(),
            steps: 0,
            budget: parts.saturating_mul(STEPS_PER_PART),
            depth: 0,
            evaluated: HashMap::new(),
            undecided: Vec::new(),
        }
    }

    /// Whether the whole value fits.
    pub(crate) fn verdict(&mut self) -> Verdict {
        let (root, value) = (self.graph.root, self.root);
        let verdict = self.part(root, value);
        if self.is_exhausted() { Verdict::Unknown } else { verdict }
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.steps > self.budget
    }

    /// Counts steps; false when the budget is used up.
    pub(crate) fn spend(&mut self, steps: u64) -> bool {
        self.steps = self.steps.saturating_add(steps);
        !self.is_exhausted()
    }

    /// Gives up: as if the budget were used up.
    pub(crate) fn exhaust(&mut self) {
        self.steps = self.steps.max(self.budget.saturating_add(1));
    }

    /// Goes one level deeper; false, and exhausted, where that is too deep.
    pub(crate) fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH {
            self.exhaust();
            return false;
        }
        self.depth += 1;
        true
    }

    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether a text matches a pattern.
    pub(crate) fn matches(&mut self, pattern: &'s Leaf, text: &Value, place: *const Value) -> Verdict {
        let is_known = self.undecided.iter().any(|(_, known)| std::ptr::eq(*known, pattern.text()));
        if is_known || !self.spend(pattern.cost(text)) {
            // A pattern that could not be decided once is not tried again on this value.
            return Verdict::Unknown;
        }
        let verdict = pattern.verdict(text);
        if verdict == Verdict::Unknown {
            self.undecided.push((place, pattern.text()));
        }
        verdict
    }

    /// Whether a part of the value that is not the one around it fits: in any of its readings.
    pub(crate) fn part(&mut self, node: NodeId, value: &'v Value) -> Verdict {
        if !self.options.as_text {
            return self.pair(node, Instance::plain(value), Kin::NONE);
        }
        let mut best = Verdict::Fails;
        for instance in Instance::readings(value) {
            best = best.max(self.pair(node, instance, Kin::NONE));
            if best == Verdict::Fits {
                break;
            }
        }
        best
    }

    /// The verdict of a pair, computed once.
    pub(crate) fn pair(&mut self, id: NodeId, instance: Instance<'v>, kin: Kin) -> Verdict {
        let node = self.graph.node(id);
        if !self.spend(1) {
            return Verdict::Unknown;
        }
        if node.is_never {
            return Verdict::Fails;
        }
        if self.has_unknown && self.unknown.contains(&std::ptr::from_ref(instance.value)) {
            return Verdict::Unknown;
        }
        let key = (id, std::ptr::from_ref(instance.value), instance.reading, kin);
        if node.is_shared {
            if let Some(known) = self.memo.get(&key) {
                return *known;
            }
            self.memo.insert(key, Verdict::Fits);
        }
        if !self.enter() {
            return Verdict::Unknown;
        }
        let verdict = self.assess(node, instance, kin);
        self.leave();
        if node.is_shared {
            self.memo.insert(key, verdict);
        }
        verdict
    }

    fn assess(&mut self, node: &'s Node, instance: Instance<'v>, kin: Kin) -> Verdict {
        if node.is_nullable && instance.value.is_null() {
            return Verdict::Fits;
        }
        let own = self.scalar(node, instance);
        if own == Verdict::Fails {
            return own;
        }
        let parts = match instance.value {
            Value::Array(items) => self.list(node, items, instance.value),
            Value::Object(fields) => self.object(node, fields, instance.value, kin),
            _ => Verdict::Fits,
        };
        if parts == Verdict::Fails {
            return parts;
        }
        own.min(parts).min(self.combined(node, instance, kin))
    }

    /// The assertions about the value itself.
    pub(crate) fn scalar(&mut self, node: &'s Node, instance: Instance<'v>) -> Verdict {
        let view = instance.view();
        if node.types.is_some_and(|types| !types.contains(view.kind())) {
            return Verdict::Fails;
        }
        let mut verdict = Verdict::Fits;
        for values in node.values.iter().chain(&node.constant) {
            verdict = verdict.min(self.listed(values, instance));
        }
        match (view, &node.number, &node.text) {
            (View::Number(number), Some(rules), _) => {
                if broken_bound(rules, &number).is_some() {
                    return Verdict::Fails;
                }
                let multiple = rules.multiple_of.as_ref();
                multiple.map_or(verdict, |(_, leaf)| verdict.min(leaf.verdict(&Value::Number(number))))
            }
            (View::Text(text), _, Some(rules)) => verdict.min(self.text(rules, &text, instance)),
            _ => verdict,
        }
    }

    /// Whether a value is one of those listed.
    pub(crate) fn listed(&mut self, values: &Values, instance: Instance<'v>) -> Verdict {
        let value = instance.to_value();
        if !self.spend(values.compared()) {
            return Verdict::Unknown;
        }
        if values.contain(&value) {
            return Verdict::Fits;
        }
        let has_unknown = self.has_unknown && (value.is_array() || value.is_object());
        let could_be = has_unknown && values.others.iter().any(|listed| self.could_equal(listed, &value));
        if could_be { Verdict::Unknown } else { Verdict::Fails }
    }

    /// Whether a value equals a listed one as far as it is known.
    fn could_equal(&self, listed: &Value, value: &Value) -> bool {
        if self.unknown.contains(&std::ptr::from_ref(value)) {
            return true;
        }
        match (listed, value) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.could_equal(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                let same = |(name, a)| b.get(name).is_some_and(|b| self.could_equal(a, b));
                a.len() == b.len() && a.iter().all(same)
            }
            _ => equal(listed, value),
        }
    }

    fn text(&mut self, rules: &'s TextRules, text: &str, instance: Instance<'v>) -> Verdict {
        if !self.spend(share(text)) {
            return Verdict::Unknown;
        }
        if broken_length(rules, text).is_some() {
            return Verdict::Fails;
        }
        let mut verdict = Verdict::Fits;
        if rules.pattern.is_some() || rules.format.is_some() {
            let value = instance.to_value();
            if let Some(pattern) = &rules.pattern {
                verdict = self.matches(pattern, &value, instance.value);
            }
            if let Some(format) = &rules.format {
                verdict = verdict.min(format::verdict(format, rules.accepts_near, &value));
            }
        }
        verdict
    }
}

/// The bound that a number breaks.
pub(crate) fn broken_bound(rules: &NumberRules, number: &Number) -> Option<Rule> {
    let broken = |bound: &Option<Number>, holds: fn(Ordering) -> bool| {
        bound.clone().filter(|bound| !holds(compare(number, bound)))
    };
    let minimum = broken(&rules.minimum, Ordering::is_ge).map(Rule::Minimum);
    let maximum = || broken(&rules.maximum, Ordering::is_le).map(Rule::Maximum);
    let above = || broken(&rules.above, Ordering::is_gt).map(Rule::Above);
    let below = || broken(&rules.below, Ordering::is_lt).map(Rule::Below);
    minimum.or_else(maximum).or_else(above).or_else(below)
}

/// The limit of the length that a text breaks.
pub(crate) fn broken_length(rules: &TextRules, text: &str) -> Option<Rule> {
    if rules.min.is_none() && rules.max.is_none() {
        return None;
    }
    let length = text.chars().count() as u64;
    let short = rules.min.filter(|min| length < *min).map(Rule::MinLength);
    short.or_else(|| rules.max.filter(|max| length > *max).map(Rule::MaxLength))
}
