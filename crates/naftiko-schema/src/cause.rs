//! Causes of a failure at a node: the rules that a value breaks, and the schemas that may not hold.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::evaluate::{Evaluator, broken_bound, broken_length};
use crate::graph::{Choice, Node, NodeId, ObjectRules};
use crate::instance::{Instance, View};
use crate::kin::Kin;
use crate::report::Rule;
use crate::verdict::Verdict;
use crate::{format, list, object};

/// Something that may keep a value from fitting a node.
pub(crate) enum Cause<'s, 'v> {
    /// A rule of the node that the value breaks.
    Rule(Rule),
    /// A property that a closed schema excludes and another allows.
    Excused(&'v str),
    /// The schema of a part of the value.
    Part(Token<'v>, NodeId, &'v Value),
    /// A schema that must hold for the same value.
    Same(NodeId, Kin),
    Choice(&'s Choice, Kin),
}

/// A step from a value to one of its parts.
#[derive(Clone, Copy)]
pub(crate) enum Token<'v> {
    Field(&'v str),
    Item(usize),
}

impl<'s, 'v> Evaluator<'s, 'v> {
    /// The causes of a node, in the order of the value.
    pub(crate) fn causes(&mut self, node: &'s Node, instance: Instance<'v>, kin: Kin) -> Vec<Cause<'s, 'v>> {
        if self.has_unknown && self.unknown.contains(&std::ptr::from_ref(instance.value)) {
            return Vec::new();
        }
        if node.is_nullable && instance.value.is_null() {
            return Vec::new();
        }
        let rules = self.own_rules(node, instance, kin);
        let mut causes: Vec<Cause<'s, 'v>> = rules.into_iter().map(Cause::Rule).collect();
        match instance.value {
            Value::Array(items) => self.item_causes(node, items, instance.value, &mut causes),
            Value::Object(fields) => self.field_causes(node, fields, instance.value, kin, &mut causes),
            _ => {}
        }
        self.combined_causes(node, instance, kin, &mut causes);
        causes
    }

    /// The rules of the node alone that a value breaks.
    pub(crate) fn own_rules(&mut self, node: &'s Node, instance: Instance<'v>, kin: Kin) -> Vec<Rule> {
        if node.is_never {
            return vec![Rule::Never];
        }
        let view = instance.view();
        if let Some(types) = node.types.filter(|types| !types.contains(view.kind())) {
            return vec![Rule::Type(types)];
        }
        let mut rules = Vec::new();
        for values in node.values.iter().chain(&node.constant) {
            if self.listed(values, instance) == Verdict::Fails {
                rules.push(Rule::Values(Arc::clone(&values.written)));
            }
        }
        match view {
            View::Number(number) => {
                let numbers = node.number.iter();
                rules.extend(numbers.clone().filter_map(|rules| broken_bound(rules, &number)));
                let multiples = numbers.filter_map(|rules| rules.multiple_of.as_ref());
                let value = Value::Number(number);
                let broken = multiples.filter(|(_, leaf)| leaf.verdict(&value) == Verdict::Fails);
                rules.extend(broken.map(|(factor, _)| Rule::MultipleOf(factor.clone())));
            }
            View::Text(text) => self.text_rules(node, &text, &mut rules),
            View::List(items) => self.list_rules(node, items, &mut rules),
            View::Object(fields) => self.object_rules(node, fields, instance.value, kin, &mut rules),
            View::Null | View::Boolean(_) => {}
        }
        rules
    }

    fn text_rules(&mut self, node: &'s Node, text: &str, rules: &mut Vec<Rule>) {
        let Some(text_rules) = &node.text else { return };
        rules.extend(broken_length(text_rules, text));
        let value = Value::String(text.to_owned());
        if let Some(pattern) = &text_rules.pattern
            && self.matches(pattern, &value, self.root) == Verdict::Fails
        {
            rules.push(Rule::Pattern(pattern.text().to_owned()));
        }
        if let Some(format) = &text_rules.format
            && format::verdict(format, text_rules.accepts_near, &value) == Verdict::Fails
        {
            rules.push(Rule::Format(format.text().to_owned()));
        }
    }

    fn list_rules(&mut self, node: &'s Node, items: &'v [Value], rules: &mut Vec<Rule>) {
        let Some(list) = &node.list else { return };
        rules.extend(list::broken_count(list, items));
        if let Some(contains) = list.contains
            && self.contains(contains, items) == Verdict::Fails
        {
            rules.push(Rule::Contains(contains.min, contains.max));
        }
        if list.is_unique {
            rules.extend(self.repeated(items).map(Rule::UniqueItems));
        }
    }

    fn object_rules(
        &mut self,
        node: &'s Node,
        fields: &'v Map<String, Value>,
        value: &'v Value,
        kin: Kin,
        rules: &mut Vec<Rule>,
    ) {
        let Some(object) = &node.object else { return };
        rules.extend(missing(object, fields).map(|name| Rule::Required(name.to_owned())));
        rules.extend(object::broken_count(object, fields));
        let unexpected = self.unexpected(node, object, fields, value, kin);
        if !unexpected.is_empty() {
            rules.push(Rule::Unexpected(unexpected));
        }
        if let Some(names) = object.names {
            for name in fields.keys() {
                if self.name(names, name) == Verdict::Fails {
                    rules.push(Rule::Name(name.clone(), self.expected_name(names, name)));
                }
            }
        }
    }

    /// The properties that a closed node does not take.
    fn unexpected(
        &mut self,
        node: &'s Node,
        object: &'s ObjectRules,
        fields: &'v Map<String, Value>,
        value: &'v Value,
        kin: Kin,
    ) -> Vec<String> {
        let is_never =
            |graph: &crate::graph::Graph, id: Option<NodeId>| id.is_some_and(|id| graph.node(id).is_never);
        let is_closed = is_never(self.graph, object.additional);
        let evaluated = is_never(self.graph, object.unevaluated).then(|| self.evaluated(node, value));
        let mut unexpected = Vec::new();
        if !is_closed && evaluated.is_none() {
            return unexpected;
        }
        for (at, name) in fields.keys().enumerate() {
            let is_declared = &mut false;
            self.declared_schemas(object, name, is_declared);
            let is_excluded =
                (is_closed && !*is_declared) || evaluated.as_ref().is_some_and(|it| !it.contains(at));
            if is_excluded && !self.is_kin(node, value, kin, at) {
                unexpected.push(name.clone());
            }
        }
        unexpected
    }

    fn item_causes(
        &mut self,
        node: &'s Node,
        items: &'v [Value],
        value: &'v Value,
        causes: &mut Vec<Cause<'s, 'v>>,
    ) {
        let Some(list) = &node.list else { return };
        let evaluated = list.unevaluated.map(|id| (id, self.evaluated(node, value)));
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = list.prefix.get(at).copied().or(list.items) {
                causes.push(Cause::Part(Token::Item(at), schema, item));
            }
            if let Some((id, evaluated)) = &evaluated
                && !evaluated.contains(at)
            {
                causes.push(Cause::Part(Token::Item(at), *id, item));
            }
        }
    }

    fn field_causes(
        &mut self,
        node: &'s Node,
        fields: &'v Map<String, Value>,
        value: &'v Value,
        kin: Kin,
        causes: &mut Vec<Cause<'s, 'v>>,
    ) {
        let Some(object) = &node.object else { return };
        let evaluated = object.unevaluated.map(|id| (id, self.evaluated(node, value)));
        for (at, (name, field)) in fields.iter().enumerate() {
            let is_declared = &mut false;
            for schema in self.declared_schemas(object, name, is_declared) {
                causes.push(Cause::Part(Token::Field(name), schema, field));
            }
            let additional = object.additional.filter(|_| !*is_declared);
            let rest = evaluated.as_ref().filter(|(_, evaluated)| !evaluated.contains(at)).map(|(id, _)| *id);
            for schema in additional.into_iter().chain(rest) {
                if self.part(schema, field) == Verdict::Fits {
                    continue;
                }
                if self.is_kin(node, value, kin, at) {
                    causes.push(Cause::Excused(name));
                } else if !self.graph.node(schema).is_never {
                    causes.push(Cause::Part(Token::Field(name), schema, field));
                }
            }
        }
    }

    fn combined_causes(
        &mut self,
        node: &'s Node,
        instance: Instance<'v>,
        kin: Kin,
        causes: &mut Vec<Cause<'s, 'v>>,
    ) {
        if !node.is_combined() {
            return;
        }
        let parts = self.parts(node, instance, kin);
        causes.extend(parts.all.into_iter().map(|(id, kin)| Cause::Same(id, kin)));
        causes.extend(parts.choices.into_iter().map(|(choice, kin)| Cause::Choice(choice, kin)));
        if let Some(not) = node.not
            && self.pair(not, instance, Kin::NONE) == Verdict::Fits
        {
            causes.push(Cause::Rule(Rule::Not));
        }
        if let Some((condition, kin)) = parts.condition {
            let test = self.pair(condition.test, instance, kin);
            let branches = [
                condition.then.filter(|_| test != Verdict::Fails),
                condition.otherwise.filter(|_| test != Verdict::Fits),
            ];
            let failing: Vec<NodeId> = branches.into_iter().flatten().collect();
            let is_sure = test != Verdict::Unknown
                || failing.len() == 2
                    && failing.iter().all(|id| self.pair(*id, instance, kin) == Verdict::Fails);
            if is_sure {
                // Of two branches that both fail, the first is explained.
                causes.extend(failing.into_iter().take(1).map(|id| Cause::Same(id, kin)));
            }
        }
    }

    /// The expectation that the name of a property breaks.
    fn expected_name(&mut self, names: NodeId, name: &str) -> String {
        let name = Value::String(name.to_owned());
        let mut apart = Evaluator::new(self.graph, self.options, &name, &[]);
        let rules = apart.own_rules(self.graph.node(names), Instance::plain(&name), Kin::NONE);
        let expected = rules.iter().find_map(Rule::expected);
        expected.unwrap_or_else(|| "another name".to_owned())
    }
}

/// The properties that an object must have and has not.
fn missing<'s>(rules: &'s ObjectRules, fields: &Map<String, Value>) -> impl Iterator<Item = &'s str> {
    let is_there = |name: &str| fields.contains_key(name);
    let dependent = rules.dependent_required.iter().filter(move |(name, _)| is_there(name));
    let required = rules.required.iter().chain(dependent.flat_map(|(_, needed)| needed));
    required.map(|name| &**name).filter(move |name| !fields.contains_key(*name))
}
