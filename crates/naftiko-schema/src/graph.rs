//! A compiled schema: one node for each schema object, with references as edges.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Number, Value};

use crate::instance::equal;
use crate::leaf::Leaf;
use crate::number::canonical;
use crate::words::Types;

/// A node of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

/// All nodes that a schema can reach.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    /// How many keywords, properties and values all nodes have.
    pub(crate) size: u64,
    /// The patterns, each with its place in the schema, in their order.
    pub(crate) patterns: Vec<(String, Arc<Leaf>)>,
    /// The node for an id that there is not; it accepts everything.
    anything: Node,
}

/// A schema. What is absent asserts nothing.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the schema, independent of the others"
)]
pub(crate) struct Node {
    /// `false`: nothing fits.
    pub(crate) is_never: bool,
    /// The types; none where the listed values decide.
    pub(crate) types: Option<Types>,
    /// Whether null fits whatever else is asserted: `nullable`, which is no keyword of JSON Schema.
    pub(crate) is_nullable: bool,
    pub(crate) values: Option<Values>,
    pub(crate) constant: Option<Values>,
    pub(crate) number: Option<Box<NumberRules>>,
    pub(crate) text: Option<Box<TextRules>>,
    pub(crate) list: Option<Box<ListRules>>,
    pub(crate) object: Option<Box<ObjectRules>>,
    /// The schemas that must hold as well: those of `$ref` and of `allOf`, each once.
    pub(crate) all: Vec<NodeId>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) not: Option<NodeId>,
    pub(crate) condition: Option<Condition>,
    /// Schemas that must hold where the object has a property.
    pub(crate) dependent: Vec<(Box<str>, NodeId)>,
    /// Whether the node is read leniently. Leniency would reject more under `not`, so schemas there are read strictly.
    pub(crate) is_lenient: bool,
    /// Whether several edges lead here, so that verdicts are worth remembering.
    pub(crate) is_shared: bool,
    /// Whether this node, or one that applies to the same value, limits the properties of an object.
    pub(crate) is_closed: bool,
}

/// The values of `enum` or `const`.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// As they are written.
    pub(crate) written: Arc<[Value]>,
    /// The counterparts of those that are not of the type beside them: `"1"` for `1`.
    pub(crate) converted: Vec<Value>,
    /// Those that are not of the type beside them; they are accepted all the same.
    pub(crate) untyped: Vec<Value>,
    /// The texts that are accepted, the numbers in one spelling each, and all other values.
    pub(crate) texts: HashSet<Box<str>>,
    pub(crate) numbers: HashSet<String>,
    pub(crate) others: Vec<Value>,
}

/// The keywords for numbers.
#[derive(Debug, Default)]
pub(crate) struct NumberRules {
    pub(crate) minimum: Option<Number>,
    pub(crate) maximum: Option<Number>,
    pub(crate) above: Option<Number>,
    pub(crate) below: Option<Number>,
    pub(crate) multiple_of: Option<(Number, Arc<Leaf>)>,
}

/// The keywords for strings.
#[derive(Debug, Default)]
pub(crate) struct TextRules {
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) pattern: Option<Arc<Leaf>>,
    pub(crate) format: Option<Arc<Leaf>>,
    /// Whether a text that nearly has the format is accepted.
    pub(crate) accepts_near: bool,
}

/// The keywords for arrays.
#[derive(Debug, Default)]
pub(crate) struct ListRules {
    pub(crate) prefix: Vec<NodeId>,
    pub(crate) items: Option<NodeId>,
    pub(crate) contains: Option<Contains>,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) is_unique: bool,
    pub(crate) unevaluated: Option<NodeId>,
}

/// `contains` with how many items it asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contains {
    pub(crate) node: NodeId,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// The keywords for objects.
#[derive(Debug, Default)]
pub(crate) struct ObjectRules {
    pub(crate) properties: IndexMap<Box<str>, NodeId>,
    pub(crate) patterns: Vec<(Arc<Leaf>, NodeId)>,
    pub(crate) additional: Option<NodeId>,
    pub(crate) unevaluated: Option<NodeId>,
    pub(crate) names: Option<NodeId>,
    pub(crate) required: Vec<Box<str>>,
    pub(crate) dependent_required: Vec<(Box<str>, Vec<Box<str>>)>,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
}

/// `anyOf` or `oneOf`.
#[derive(Debug)]
pub(crate) struct Choice {
    /// Whether the keyword is `oneOf`.
    pub(crate) is_one_of: bool,
    /// Whether only one branch may hold: a `oneOf` that is read strictly.
    pub(crate) is_exclusive: bool,
    pub(crate) branches: Vec<NodeId>,
    pub(crate) discriminator: Option<Discriminator>,
}

/// The property that names a branch.
#[derive(Debug)]
pub(crate) struct Discriminator {
    pub(crate) property: Box<str>,
    /// The branch of each value of the property.
    pub(crate) branches: IndexMap<Box<str>, NodeId>,
}

/// `if`, `then` and `else`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition {
    pub(crate) test: NodeId,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
}

/// How many schemas are looked at to find the types of one.
const MOST_PARTS: usize = 32;

/// The types that two schemas take together; `None` for all.
fn joined(a: Option<Types>, b: Option<Types>) -> Option<Types> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.intersection(b)),
        (one, other) => one.or(other),
    }
}

impl Default for NodeId {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Graph {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&self.anything)
    }

    /// Takes schemas out that are joined to others whose types they exclude: nothing could fit, so the first is believed.
    pub(crate) fn drop_exclusive(&mut self) {
        for at in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(at).filter(|node| node.is_lenient && !node.all.is_empty()) else {
                continue;
            };
            let (mut types, mut kept) = (node.types, Vec::with_capacity(node.all.len()));
            for child in &node.all {
                let both = joined(types, self.types(*child, &mut MOST_PARTS.clone()));
                if both.is_none_or(|both| !both.is_empty()) {
                    types = both;
                    kept.push(*child);
                }
            }
            if let Some(node) = self.nodes.get_mut(at) {
                node.all = kept;
            }
        }
    }

    /// The types that a node takes by its own words and those of the schemas joined to it; `None` for all.
    fn types(&self, id: NodeId, left: &mut usize) -> Option<Types> {
        *left = left.checked_sub(1)?;
        let node = self.node(id);
        let mut types = node.types;
        for child in &node.all {
            types = joined(types, self.types(*child, left));
        }
        types.filter(|types| !types.is_empty())
    }

    /// Notes which nodes lead to one that limits the properties of the same object.
    pub(crate) fn mark_closed(&mut self) {
        let mut parents: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        let mut pending = Vec::new();
        for (at, node) in (0..).zip(&self.nodes) {
            for child in node.in_place() {
                if let Some(parents) = parents.get_mut(child.0 as usize) {
                    parents.push(at);
                }
            }
            if node.object.as_ref().is_some_and(|rules| rules.additional.or(rules.unevaluated).is_some()) {
                pending.push(at);
            }
        }
        while let Some(at) = pending.pop() {
            let Some(node) = self.nodes.get_mut(at as usize).filter(|node| !node.is_closed) else { continue };
            node.is_closed = true;
            pending.extend(parents.get(at as usize).into_iter().flatten());
        }
    }
}

impl Node {
    /// The schemas that apply to the same value, those under `not` aside.
    pub(crate) fn in_place(&self) -> impl Iterator<Item = NodeId> {
        let branches = self.choices.iter().flat_map(|choice| choice.branches.iter().copied());
        let condition = self.condition.iter().flat_map(|it| [Some(it.test), it.then, it.otherwise]).flatten();
        let dependent = self.dependent.iter().map(|(_, node)| *node);
        self.all.iter().copied().chain(branches).chain(condition).chain(dependent)
    }
}

impl Values {
    /// Whether a value is listed, as it is written or as its counterpart.
    pub(crate) fn contain(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.texts.contains(text.as_str()),
            Value::Number(number) => self.numbers.contains(&canonical(number)),
            _ => self.others.iter().any(|listed| equal(listed, value)),
        }
    }

    /// How many values are compared one by one with a list or an object.
    pub(crate) fn compared(&self) -> u64 {
        self.others.len() as u64
    }

    /// Whether a value is listed although the type beside it excludes it, or is the counterpart of one that is.
    pub(crate) fn contain_untyped(&self, value: &Value) -> bool {
        self.untyped.iter().chain(&self.converted).any(|listed| equal(listed, value))
    }
}
