//! Anchors, and the copies that aliases stand for.
//!
//! An anchored value is not stored separately: only its place in the growing tree is remembered, and an alias looks it
//! up there. So anchors cost next to nothing, and copies are charged to one budget.

use std::borrow::Cow;
use std::collections::HashMap;

use naftiko_diagnostics::nearest;

use crate::tree::{Entry, Mapping, Node, Text, Value};

/// How many bytes of text cost as much as one value.
const BYTES_PER_NODE: usize = 1024;

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// It is the document.
    Root,
    /// It is a child of a container, by the container's number and its own place there.
    Child { container: u32, index: u32 },
    /// It is reported and left out of the tree.
    Nowhere,
}

/// What an anchor names.
#[derive(Debug)]
pub(crate) enum Target {
    /// A value in the tree: the way to it from the document, as places in container after container, each with the
    /// number of its container.
    Value(Vec<(u32, u32)>),
    /// A key that is text.
    Key(Node),
    /// A value that is left out of the tree.
    Nowhere,
}

#[derive(Debug)]
enum Anchored {
    Value(Slot),
    Key(Node),
}

/// Every anchor so far, and where every container goes.
#[derive(Debug, Default)]
pub(crate) struct Anchors<'a> {
    containers: Vec<Slot>,
    anchored: HashMap<usize, Anchored>,
    names: Vec<Cow<'a, str>>,
    guesses: usize,
}

impl<'a> Anchors<'a> {
    /// Numbers a container.
    pub(crate) fn open(&mut self, slot: Slot) -> u32 {
        self.containers.push(slot);
        u32::try_from(self.containers.len() - 1).unwrap_or(u32::MAX)
    }

    /// Remembers a name, for those that are mistyped.
    pub(crate) fn name(&mut self, name: Cow<'a, str>) {
        self.names.push(name);
    }

    /// Remembers a value; anchor 0 is none.
    pub(crate) fn value(&mut self, anchor: usize, slot: Slot) {
        if anchor > 0 {
            self.anchored.insert(anchor, Anchored::Value(slot));
        }
    }

    /// Remembers a key; anchor 0 is none.
    pub(crate) fn key(&mut self, anchor: usize, key: impl FnOnce() -> Node) {
        if anchor > 0 {
            self.anchored.insert(anchor, Anchored::Key(key()));
        }
    }

    /// The anchor's name most like one that no anchor has. Comparing names is dear, so only the first few names are
    /// asked after, and only ordinary names are looked at.
    pub(crate) fn nearest(&mut self, name: &str) -> Option<&str> {
        self.guesses += 1;
        let is_ordinary = |name: &str| name.len() <= 64;
        if self.guesses > 16 || !is_ordinary(name) {
            return None;
        }
        nearest(name, self.names.iter().map(AsRef::as_ref).filter(|name| is_ordinary(name)).take(256))
    }

    /// What an anchor names.
    pub(crate) fn target(&self, anchor: usize) -> Target {
        let mut slot = match self.anchored.get(&anchor) {
            Some(Anchored::Value(slot)) => *slot,
            Some(Anchored::Key(node)) => return Target::Key(node.clone()),
            None => return Target::Nowhere,
        };
        let mut way = Vec::new();
        loop {
            match slot {
                Slot::Root => break,
                Slot::Nowhere => return Target::Nowhere,
                Slot::Child { container, index } => {
                    way.push((container, index));
                    slot = self.containers.get(container as usize).copied().unwrap_or(Slot::Nowhere);
                }
            }
        }
        way.reverse();
        Target::Value(way)
    }
}

/// Why a value is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The copies of the document have cost too much.
    Budget,
    /// The copy would nest too deeply.
    Depth,
}

/// A copy of a value, paid for node by node; at most `depth` containers deep, which bounds the recursion.
pub(crate) fn copy(node: &Node, budget: &mut usize, depth: usize) -> Result<Node, Refusal> {
    let value = match &node.value {
        Value::Sequence(items) => {
            pay(budget, 0)?;
            let depth = depth.checked_sub(1).ok_or(Refusal::Depth)?;
            Value::Sequence(items.iter().map(|item| copy(item, budget, depth)).collect::<Result<_, _>>()?)
        }
        Value::Mapping(mapping) => {
            pay(budget, 0)?;
            let depth = depth.checked_sub(1).ok_or(Refusal::Depth)?;
            Value::Mapping(copy_entries(mapping, budget, depth)?)
        }
        Value::String(text) => {
            pay(budget, Text::weight(text))?;
            node.value.clone()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            pay(budget, 0)?;
            node.value.clone()
        }
    };
    Ok(Node { span: node.span, value })
}

fn copy_entries(mapping: &Mapping, budget: &mut usize, depth: usize) -> Result<Mapping, Refusal> {
    let mut copied = Mapping::new();
    for (key, entry) in mapping.iter() {
        *budget = budget.checked_sub(key.len() / BYTES_PER_NODE).ok_or(Refusal::Budget)?;
        copied.insert(
            key.to_owned(),
            Entry { key_span: entry.key_span, value: copy(&entry.value, budget, depth)? },
        );
    }
    Ok(copied)
}

fn pay(budget: &mut usize, bytes: usize) -> Result<(), Refusal> {
    *budget = budget.checked_sub(1 + bytes / BYTES_PER_NODE).ok_or(Refusal::Budget)?;
    Ok(())
}
