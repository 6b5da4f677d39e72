//! The keywords for arrays.

use std::collections::HashMap;

use serde_json::Value;

use crate::evaluate::Evaluator;
use crate::graph::{Contains, ListRules, Node};
use crate::instance::size;
use crate::number;
use crate::report::Rule;
use crate::verdict::Verdict;

/// Deeper items than this are not compared with each other.
const MAX_DEPTH: usize = 256;

impl<'s, 'v> Evaluator<'s, 'v> {
    /// Whether a list fits what a node itself says about lists.
    pub(crate) fn list(&mut self, node: &'s Node, items: &'v [Value], value: &'v Value) -> Verdict {
        let Some(rules) = &node.list else { return Verdict::Fits };
        if broken_count(rules, items).is_some() {
            return Verdict::Fails;
        }
        let mut verdict = Verdict::Fits;
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = rules.prefix.get(at).copied().or(rules.items) {
                verdict = verdict.min(self.part(schema, item));
                if verdict == Verdict::Fails {
                    return verdict;
                }
            }
        }
        if let Some(contains) = rules.contains {
            verdict = verdict.min(self.contains(contains, items));
        }
        if rules.is_unique {
            verdict = verdict.min(self.unique(items));
        }
        if let Some(unevaluated) = rules.unevaluated {
            let evaluated = self.evaluated(node, value);
            for (at, item) in items.iter().enumerate() {
                if !evaluated.contains(at) {
                    verdict = verdict.min(self.part(unevaluated, item));
                }
            }
        }
        verdict
    }

    /// Whether as many items fit as are asked for.
    pub(crate) fn contains(&mut self, contains: Contains, items: &'v [Value]) -> Verdict {
        let (mut sure, mut possible) = (0_u64, 0_u64);
        for item in items {
            let verdict = self.part(contains.node, item);
            sure += u64::from(verdict == Verdict::Fits);
            possible += u64::from(verdict != Verdict::Fails);
        }
        let within = |count: u64| count >= contains.min && contains.max.is_none_or(|max| count <= max);
        match (
            possible < contains.min || contains.max.is_some_and(|max| sure > max),
            within(sure),
            within(possible),
        ) {
            (true, ..) => Verdict::Fails,
            (_, true, true) => Verdict::Fits,
            _ => Verdict::Unknown,
        }
    }

    /// Whether no item is there twice.
    fn unique(&mut self, items: &'v [Value]) -> Verdict {
        if self.repeated(items).is_some() {
            return Verdict::Fails;
        }
        let is_open = |item: &Value| self.has_unknown && self.holds_unknown(item);
        Verdict::Unknown.max(Verdict::of(!items.iter().any(is_open)))
    }

    /// The first item that equals one before it. Items of which something is not known equal no other.
    pub(crate) fn repeated(&mut self, items: &'v [Value]) -> Option<usize> {
        let mut seen = HashMap::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            if !self.spend(size(item)) {
                return None;
            }
            if self.has_unknown && self.holds_unknown(item) {
                continue;
            }
            let mut text = String::new();
            if !canonical(item, &mut text, 0) {
                self.exhaust();
                return None;
            }
            if seen.insert(text, at).is_some() {
                return Some(at);
            }
        }
        None
    }

    fn holds_unknown(&self, value: &Value) -> bool {
        let mut pending = vec![value];
        while let Some(next) = pending.pop() {
            if self.unknown.contains(&std::ptr::from_ref(next)) {
                return true;
            }
            match next {
                Value::Array(items) => pending.extend(items),
                Value::Object(fields) => pending.extend(fields.values()),
                _ => {}
            }
        }
        false
    }
}

/// A text that a value has in common with exactly the values that equal it: the order of fields does not matter. `None`:
/// the value is too deep.
pub fn canonical_text(value: &Value) -> Option<String> {
    let mut text = String::new();
    canonical(value, &mut text, 0).then_some(text)
}

/// Writes a value so that equal values have one text. False: it is too deep.
pub(crate) fn canonical(value: &Value, text: &mut String, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match value {
        Value::Number(number) => text.push_str(&number::canonical(number)),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                if !canonical(item, text, depth + 1) {
                    return false;
                }
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, field) in fields {
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                if !canonical(field, text, depth + 1) {
                    return false;
                }
                text.push(',');
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
    true
}

/// The limit of the number of items that a list breaks.
pub(crate) fn broken_count(rules: &ListRules, items: &[Value]) -> Option<Rule> {
    let count = items.len() as u64;
    let few = rules.min.filter(|min| count < *min).map(Rule::MinItems);
    few.or_else(|| rules.max.filter(|max| count > *max).map(Rule::MaxItems))
}
