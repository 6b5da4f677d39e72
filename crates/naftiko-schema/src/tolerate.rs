//! Finds the parts that were accepted only because a description is read leniently, and those that could not be decided.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use serde_json::Value;

use crate::cause::{Cause, Token};
use crate::choice::named;
use crate::evaluate::{Evaluator, Key};
use crate::explain::pointer;
use crate::format::nearly;
use crate::graph::{Choice, Node, NodeId};
use crate::instance::{Instance, View};
use crate::kin::Kin;
use crate::report::{Tolerance, Tolerated};
use crate::verdict::Verdict;

/// The findings of a walk through a value that fits.
#[derive(Default)]
struct Search {
    seen: HashSet<Key>,
    found: IndexSet<Tolerated>,
}

impl<'s, 'v> Evaluator<'s, 'v> {
    /// The parts of a value that fits which would not fit by the letter.
    pub(crate) fn tolerated(&mut self) -> Vec<Tolerated> {
        let mut search = Search::default();
        if !self.options.lenient {
            return Vec::new();
        }
        let (root, value) = (self.graph.root, self.root);
        self.tolerated_part(root, value, &mut Vec::new(), &mut search);
        search.found.into_iter().collect()
    }

    fn tolerated_part(
        &mut self,
        node: NodeId,
        value: &'v Value,
        path: &mut Vec<Token<'v>>,
        search: &mut Search,
    ) {
        if !self.options.as_text {
            return self.tolerated_pair(node, Instance::plain(value), Kin::NONE, path, search);
        }
        for instance in Instance::readings(value) {
            if self.pair(node, instance, Kin::NONE) != Verdict::Fails {
                return self.tolerated_pair(node, instance, Kin::NONE, path, search);
            }
        }
    }

    fn tolerated_pair(
        &mut self,
        id: NodeId,
        instance: Instance<'v>,
        kin: Kin,
        path: &mut Vec<Token<'v>>,
        search: &mut Search,
    ) {
        let key = (id, std::ptr::from_ref(instance.value), instance.reading, kin);
        if !search.seen.insert(key) || !self.spend(1) || !self.enter() {
            return;
        }
        let node = self.graph.node(id);
        self.own_tolerances(node, instance, path, search);
        for cause in self.causes(node, instance, kin) {
            match cause {
                Cause::Rule(_) => {}
                Cause::Excused(name) => search.push(path, Tolerance::Excluded(name.to_owned())),
                Cause::Part(token, node, value) => {
                    path.push(token);
                    self.tolerated_part(node, value, path, search);
                    path.pop();
                }
                Cause::Same(node, kin) => self.tolerated_pair(node, instance, kin, path, search),
                Cause::Choice(choice, kin) => self.tolerated_choice(choice, instance, kin, path, search),
            }
        }
        self.leave();
    }

    fn tolerated_choice(
        &mut self,
        choice: &'s Choice,
        instance: Instance<'v>,
        kin: Kin,
        path: &mut Vec<Token<'v>>,
        search: &mut Search,
    ) {
        if let Some(named) = named(choice, instance.value) {
            return self.tolerated_pair(named, instance, kin, path, search);
        }
        let mut fitting = Vec::new();
        for branch in &choice.branches {
            if self.pair(*branch, instance, kin) == Verdict::Fits {
                fitting.push(*branch);
            }
        }
        if choice.is_one_of && fitting.len() > 1 {
            search.push(path, Tolerance::SeveralBranches);
        }
        if let Some(first) = fitting.first() {
            self.tolerated_pair(*first, instance, kin, path, search);
        }
    }

    fn own_tolerances(
        &mut self,
        node: &'s Node,
        instance: Instance<'v>,
        path: &[Token<'v>],
        search: &mut Search,
    ) {
        let value = instance.to_value();
        let listed = node.values.iter().chain(&node.constant);
        for values in listed {
            if self.spend((values.untyped.len() + values.converted.len()) as u64)
                && values.contain_untyped(&value)
            {
                search.push(path, Tolerance::Untyped);
            }
        }
        let format = node.text.as_ref().and_then(|rules| rules.format.as_ref());
        if let (Some(format), View::Text(text)) = (format, instance.view())
            && format.verdict(&value) == Verdict::Fails
            && let Some(lack) = nearly(format.text(), &text)
        {
            search.push(path, Tolerance::NearFormat(format.text().to_owned(), lack));
        }
    }

    /// The JSON pointers of the parts whose patterns could not be decided, with the patterns.
    pub(crate) fn undecided_places(&self) -> Vec<(String, String)> {
        if self.undecided.is_empty() {
            return Vec::new();
        }
        let mut patterns: HashMap<*const Value, Vec<&str>> = HashMap::new();
        for (place, pattern) in &self.undecided {
            patterns.entry(*place).or_default().push(pattern);
        }
        let mut found = Vec::new();
        let mut pending = vec![(self.root, Vec::new())];
        while let Some((value, path)) = pending.pop() {
            let here = patterns.get(&std::ptr::from_ref(value)).into_iter().flatten();
            found.extend(here.map(|pattern| (pointer(&path), (*pattern).to_owned())));
            let with = |token| [path.clone(), vec![token]].concat();
            match value {
                Value::Array(items) => {
                    pending.extend(
                        items.iter().enumerate().rev().map(|(at, item)| (item, with(Token::Item(at)))),
                    );
                }
                Value::Object(fields) => {
                    pending
                        .extend(fields.iter().rev().map(|(name, field)| (field, with(Token::Field(name)))));
                }
                _ => {}
            }
        }
        found
    }
}

impl Search {
    fn push(&mut self, path: &[Token<'_>], tolerance: Tolerance) {
        self.found.insert(Tolerated { pointer: pointer(path), tolerance });
    }
}
