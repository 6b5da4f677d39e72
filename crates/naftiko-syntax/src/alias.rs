//! Anchors, and the copies that aliases are replaced by.
//!
//! An anchored value is not stored separately: only its location in the growing tree is recorded, and an alias looks it
//! up there. So anchors cost almost nothing, and copies are charged to one budget.

use std::borrow::Cow;
use std::collections::HashMap;

use naftiko_diagnostics::nearest;

use crate::tree::{Entry, Mapping, Node, Text, Value};

/// The bytes of text that cost as much as one value.
const BYTES_PER_NODE: usize = 1024;

/// The destination of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The root of the document.
    Root,
    /// A child of a container, by the container's number and the child's position in it.
    Child { container: u32, index: u32 },
    /// Reported and left out of the tree.
    Nowhere,
}

/// The target of an anchor.
#[derive(Debug)]
pub(crate) enum Target {
    /// A value in the tree, by its path from the root: the number of each container, and the position in it.
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

/// All anchors so far, and the destination of every container.
#[derive(Debug, Default)]
pub(crate) struct Anchors<'a> {
    containers: Vec<Slot>,
    anchored: HashMap<usize, Anchored>,
    names: Vec<Cow<'a, str>>,
    guesses: usize,
}

impl<'a> Anchors<'a> {
    /// Assigns a number to a container.
    pub(crate) fn open(&mut self, slot: Slot) -> u32 {
        self.containers.push(slot);
        u32::try_from(self.containers.len() - 1).unwrap_or(u32::MAX)
    }

    /// Records a name, for suggestions.
    pub(crate) fn name(&mut self, name: Cow<'a, str>) {
        self.names.push(name);
    }

    /// Records a value; anchor 0 means none.
    pub(crate) fn value(&mut self, anchor: usize, slot: Slot) {
        if anchor > 0 {
            self.anchored.insert(anchor, Anchored::Value(slot));
        }
    }

    /// Records a key; anchor 0 means none.
    pub(crate) fn key(&mut self, anchor: usize, key: impl FnOnce() -> Node) {
        if anchor > 0 {
            self.anchored.insert(anchor, Anchored::Key(key()));
        }
    }

    /// The anchor name most similar to an unknown one. Comparing names is expensive, so only the first few lookups are
    /// answered, and only names of ordinary length are considered.
    pub(crate) fn nearest(&mut self, name: &str) -> Option<&str> {
        self.guesses += 1;
        let is_ordinary = |name: &str| name.len() <= 64;
        if self.guesses > 16 || !is_ordinary(name) {
            return None;
        }
        nearest(name, self.names.iter().map(AsRef::as_ref).filter(|name| is_ordinary(name)).take(256))
    }

    /// The target of an anchor.
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

/// The reason why a value is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The copies of the document cost too much.
    Budget,
    /// The copy would nest too deeply.
    Depth,
}

/// Copies a value, charging each node to the budget; at most `depth` containers deep, which limits the recursion.
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
