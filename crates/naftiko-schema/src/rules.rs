//! The keywords about one kind of value each, from a schema to its node.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Number, Value};

use crate::compile::{Compiler, Pending};
use crate::graph::{Contains, ListRules, Node, NodeId, NumberRules, ObjectRules, TextRules, Values};
use crate::instance::scalar;
use crate::list;
use crate::number::canonical;
use crate::place::Place;
use crate::words::{Kind, Types};

type Keywords = Map<String, Value>;

impl<'s> Compiler<'s> {
    /// `type`, `enum` and `const`.
    pub(crate) fn values(&mut self, keywords: &'s Keywords, pending: &Pending<'s>, node: &mut Node) {
        node.types = keywords.get("type").and_then(|value| self.types(value, pending));
        let is_true = |keyword: &&str| keywords.get(*keyword) == Some(&Value::Bool(true));
        node.is_nullable = pending.is_lenient && ["nullable", "x-nullable"].iter().any(is_true);
        let types = node.types.filter(|_| pending.is_lenient);
        if let Some(listed) = keywords.get("enum") {
            match listed.as_array() {
                Some(listed) => {
                    self.graph.size += listed.len() as u64;
                    node.values = Some(Values::new(listed.clone(), types));
                }
                None => self.defect(&pending.place.below("enum"), "expected a list of values"),
            }
        }
        node.constant = keywords.get("const").map(|value| Values::new(vec![value.clone()], types));
        if pending.is_lenient && (node.values.is_some() || node.constant.is_some()) {
            // The listed values decide; those that the type excludes are accepted as they are written.
            node.types = None;
        }
    }

    /// The types that `type` lists; none where it cannot be read.
    fn types(&mut self, value: &Value, pending: &Pending<'s>) -> Option<Types> {
        let names = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let mut types = Types::default();
        for name in names {
            let Some(kind) = name.as_str().and_then(Kind::named) else {
                self.defect(&pending.place.below("type"), "expected a type of JSON Schema");
                return None;
            };
            types.insert(kind);
        }
        Some(types)
    }

    pub(crate) fn number(
        &mut self,
        keywords: &'s Keywords,
        pending: &Pending<'s>,
    ) -> Option<Box<NumberRules>> {
        let mut number = |keyword: &str| {
            let value = keywords.get(keyword)?;
            let number = value.as_number().cloned();
            // Before draft 6, `exclusiveMinimum: true` made the bound beside it exclusive.
            if number.is_none() && !value.is_boolean() {
                self.defect(&pending.place.below(keyword), "expected a number");
            }
            number
        };
        let (mut minimum, mut maximum) = (number("minimum"), number("maximum"));
        let (mut above, mut below) = (number("exclusiveMinimum"), number("exclusiveMaximum"));
        let multiple = number("multipleOf");
        let is_true = |keyword: &str| keywords.get(keyword) == Some(&Value::Bool(true));
        if is_true("exclusiveMinimum") {
            above = minimum.take();
        }
        if is_true("exclusiveMaximum") {
            below = maximum.take();
        }
        let multiple_of = multiple.filter(|it| it.as_f64().is_some_and(|it| it > 0.0)).map(|multiple| {
            let leaf = self.leaf("multipleOf", &Value::Number(multiple.clone()));
            (multiple, leaf)
        });
        let is_any = [&minimum, &maximum, &above, &below].iter().any(|bound| bound.is_some());
        (is_any || multiple_of.is_some())
            .then(|| Box::new(NumberRules { minimum, maximum, above, below, multiple_of }))
    }

    pub(crate) fn text(&mut self, keywords: &'s Keywords, pending: &Pending<'s>) -> Option<Box<TextRules>> {
        let (min, max) =
            (self.count(keywords, "minLength", pending), self.count(keywords, "maxLength", pending));
        let pattern = keywords.get("pattern").filter(|value| value.is_string()).map(|value| {
            let leaf = self.leaf("pattern", value);
            self.graph.patterns.push((pending.place.below("pattern").pointer(), leaf.clone()));
            leaf
        });
        let format = keywords
            .get("format")
            .filter(|value| value.as_str().is_some_and(|name| self.options.formats.asserts(name)));
        let format = format.map(|value| self.leaf("format", value));
        let is_any = min.is_some() || max.is_some() || pattern.is_some() || format.is_some();
        is_any.then(|| Box::new(TextRules { min, max, pattern, format, accepts_near: pending.is_lenient }))
    }

    pub(crate) fn list(&mut self, keywords: &'s Keywords, pending: &Pending<'s>) -> Option<Box<ListRules>> {
        let mut rules = ListRules {
            min: self.count(keywords, "minItems", pending),
            max: self.count(keywords, "maxItems", pending),
            is_unique: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
            unevaluated: self.one(keywords, "unevaluatedItems", pending),
            ..ListRules::default()
        };
        // Before 2020-12, a list of schemas under `items` was a tuple.
        let is_tuple = keywords.get("items").is_some_and(Value::is_array);
        let (prefix, rest) = if is_tuple { ("items", "additionalItems") } else { ("prefixItems", "items") };
        for (schema, place) in self.schemas(keywords, prefix, pending) {
            let node = self.child(pending, schema, &place);
            rules.prefix.push(node);
        }
        rules.items = self.one(keywords, rest, pending);
        if let Some(schema) = keywords.get("contains") {
            let place = pending.place.below("contains");
            let max = self.count(keywords, "maxContains", pending);
            // More items fit leniently, which may be too many.
            let node = match max {
                Some(_) => self.strict_child(pending, schema, &place),
                None => self.child(pending, schema, &place),
            };
            let min = self.count(keywords, "minContains", pending).unwrap_or(1);
            rules.contains = Some(Contains { node, min, max });
        }
        let is_any = rules.min.is_some()
            || rules.max.is_some()
            || rules.is_unique
            || !rules.prefix.is_empty()
            || rules.items.is_some()
            || rules.contains.is_some()
            || rules.unevaluated.is_some();
        is_any.then(|| Box::new(rules))
    }

    /// `optional` are the properties that go the other way.
    pub(crate) fn object(
        &mut self,
        keywords: &'s Keywords,
        pending: &Pending<'s>,
        optional: Option<&BTreeSet<&'s str>>,
    ) -> Option<Box<ObjectRules>> {
        let mut rules = ObjectRules {
            additional: self.one(keywords, "additionalProperties", pending),
            unevaluated: self.one(keywords, "unevaluatedProperties", pending),
            names: self.one(keywords, "propertyNames", pending),
            min: self.count(keywords, "minProperties", pending),
            max: self.count(keywords, "maxProperties", pending),
            ..ObjectRules::default()
        };
        for (name, schema, place) in self.named(keywords, "properties", pending) {
            let node = self.child(pending, schema, &place);
            rules.properties.insert(name.into(), node);
        }
        for (name, schema, place) in self.named(keywords, "patternProperties", pending) {
            let leaf = self.leaf("pattern", &Value::String(name.to_owned()));
            self.graph.patterns.push((place.pointer(), leaf.clone()));
            let node = self.child(pending, schema, &place);
            rules.patterns.push((leaf, node));
        }
        let is_optional = |name: &str| optional.is_some_and(|optional| optional.contains(name));
        rules.required =
            names(keywords.get("required")).filter(|name| !is_optional(name)).map(Into::into).collect();
        let dependent = keywords.get("dependentRequired").and_then(Value::as_object);
        rules.dependent_required = dependent
            .into_iter()
            .flatten()
            .map(|(name, needed)| (name.as_str().into(), names(Some(needed)).map(Into::into).collect()))
            .collect();
        self.graph.size += (rules.properties.len() + rules.required.len()) as u64;
        let is_any = rules.additional.is_some()
            || rules.unevaluated.is_some()
            || rules.names.is_some()
            || rules.min.is_some()
            || rules.max.is_some()
            || !rules.properties.is_empty()
            || !rules.patterns.is_empty()
            || !rules.required.is_empty()
            || !rules.dependent_required.is_empty();
        is_any.then(|| Box::new(rules))
    }

    pub(crate) fn one(
        &mut self,
        keywords: &'s Keywords,
        keyword: &str,
        pending: &Pending<'s>,
    ) -> Option<NodeId> {
        let schema = keywords.get(keyword)?;
        Some(self.child(pending, schema, &pending.place.below(keyword)))
    }

    fn named(
        &mut self,
        keywords: &'s Keywords,
        keyword: &str,
        pending: &Pending<'s>,
    ) -> Vec<(&'s str, &'s Value, Place)> {
        let place = pending.place.below(keyword);
        match keywords.get(keyword).map(Value::as_object) {
            None => Vec::new(),
            Some(Some(named)) => {
                named.iter().map(|(name, schema)| (name.as_str(), schema, place.below(name))).collect()
            }
            Some(None) => {
                self.defect(&place, "expected schemas by their names");
                Vec::new()
            }
        }
    }

    fn count(&mut self, keywords: &Keywords, keyword: &str, pending: &Pending<'s>) -> Option<u64> {
        let value = keywords.get(keyword)?;
        let count = value.as_number().and_then(count_of);
        if count.is_none() {
            self.defect(&pending.place.below(keyword), "expected a whole number from 0");
        }
        count
    }
}

impl Values {
    /// `types` are those beside the values, where the values need not be of them.
    fn new(written: Vec<Value>, types: Option<Types>) -> Self {
        let mut values = Self::default();
        let mut known = HashSet::new();
        for value in &written {
            values.index(value, &mut known);
        }
        for value in &written {
            let Some(types) = types.filter(|types| !types.contains(Kind::of(value))) else { continue };
            values.untyped.push(value.clone());
            for counterpart in counterparts(value, types) {
                if values.index(&counterpart, &mut known) {
                    values.converted.push(counterpart);
                }
            }
        }
        values.written = written.into();
        values
    }

    /// Adds a value; false if an equal one is listed. `known` holds one text for each of the `others`.
    fn index(&mut self, value: &Value, known: &mut HashSet<String>) -> bool {
        match value {
            Value::String(text) => self.texts.insert(text.as_str().into()),
            Value::Number(number) => self.numbers.insert(canonical(number)),
            other => {
                let mut text = String::new();
                // Values that are too deep for a text are listed as often as they are written.
                let is_new = !list::canonical(other, &mut text, 0) || known.insert(text);
                if is_new {
                    self.others.push(other.clone());
                }
                is_new
            }
        }
    }
}

/// The counterparts of a listed value in the types beside it: the text of a number, or the number that a text spells.
fn counterparts(value: &Value, types: Types) -> impl Iterator<Item = Value> {
    let text = match value {
        Value::Number(_) | Value::Bool(_) if types.lists(Kind::String) => {
            Some(Value::String(value.to_string()))
        }
        _ => None,
    };
    let spelled = value.as_str().and_then(scalar).filter(|spelled| types.contains(Kind::of(spelled)));
    text.into_iter().chain(spelled)
}

/// The texts of a list.
fn names(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A whole number from 0, also where it is written `3.0` or beyond 64 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from a double saturates")]
fn count_of(number: &Number) -> Option<u64> {
    let whole = |float: f64| (float >= 0.0 && float.fract() == 0.0).then_some(float as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(whole))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_are_listed_once_and_many_values_are_indexed() {
        let few =
            vec![json!({"a": 1, "b": [true]}), json!({"b": [true], "a": 1.0}), json!(null), json!(null)];
        assert_eq!(Values::new(few, None).others.len(), 2);
        // A comparison of each value with each other one would take billions of steps.
        let count = 100_000;
        let many = (0..count).flat_map(|at| [json!({"a": at}), json!([at])]).collect();
        assert_eq!(Values::new(many, None).others.len(), 2 * count);
    }
}
