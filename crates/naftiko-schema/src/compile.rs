//! From a schema to its graph.
//!
//! Schemas are compiled from a list of what is pending, not by recursion, so that no nesting and no chain of references
//! can exhaust the stack. A schema that is nothing but a `$ref` is no node of its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Map, Value};

use crate::defect::Defect;
use crate::graph::{Choice, Condition, Discriminator, Graph, Node, NodeId};
use crate::leaf::Leaf;
use crate::opposite::{MOST_OF_ALL, marked};
use crate::options::Options;
use crate::place::{Place, target_place};
use crate::reference::Document;

/// The keywords that assert something and that types express; a `$ref` without any assertion beside it is only another
/// name.
const OF_TYPES: [&str; 14] = [
    "$dynamicRef",
    "$id",
    "additionalProperties",
    "allOf",
    "else",
    "items",
    "maxContains",
    "minContains",
    "nullable",
    "properties",
    "required",
    "then",
    "type",
    "x-nullable",
];

/// The keywords that assert more than types express.
const BEYOND_TYPES: [&str; 29] = [
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "discriminator",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Whether a keyword asserts more than a type can express: a value of the right type fits a schema without such keywords.
pub fn is_beyond_types(keyword: &str) -> bool {
    BEYOND_TYPES.contains(&keyword)
}

fn is_assertion(keyword: &str) -> bool {
    OF_TYPES.contains(&keyword) || is_beyond_types(keyword)
}

/// Compiles everything that `schema` can reach.
pub(crate) fn compile(
    schema: &Value,
    definitions: &Map<String, Value>,
    options: Options,
) -> (Graph, Vec<Defect>) {
    let mut compiler = Compiler {
        document: Document::new(schema, definitions),
        options,
        graph: Graph::default(),
        ids: HashMap::new(),
        names: MOST_NAMES,
        edges: Vec::new(),
        pending: Vec::new(),
        leaves: HashMap::new(),
        defects: Vec::new(),
        left: MOST_OF_ALL,
    };
    compiler.graph.root = compiler.id(schema, schema, &Place::default(), options.lenient, None);
    while let Some(pending) = compiler.pending.pop() {
        compiler.node(&pending);
    }
    compiler.finish()
}

/// The names of properties, in one order.
type Names<'s> = Rc<BTreeSet<&'s str>>;

/// What makes a schema one node: its address, whether it is read leniently, and the properties that go the other way
/// where it is a part of another schema. The order in which schemas are reached makes no difference.
type Key<'s> = (*const Value, bool, Option<Names<'s>>);

/// How many names of properties that go the other way are noted with the nodes of one compilation. Schemas that are parts
/// of many others, each with other names, must not cost the square of their number; beyond, no more names are noted.
const MOST_NAMES: usize = 1_000_000;

/// A schema that is not compiled yet.
pub(crate) struct Pending<'s> {
    id: NodeId,
    pub(crate) schema: &'s Value,
    /// The schema with an `$id` around it, or the root.
    pub(crate) resource: &'s Value,
    pub(crate) place: Place,
    /// Whether the schema is read leniently.
    pub(crate) is_lenient: bool,
    /// The properties that a schema around this one, as a part of its `allOf`, has found to go the other way.
    pub(crate) optional: Option<Names<'s>>,
}

pub(crate) struct Compiler<'s> {
    document: Document<'s>,
    pub(crate) options: Options,
    pub(crate) graph: Graph,
    ids: HashMap<Key<'s>, NodeId>,
    /// How many names of properties that go the other way may still be noted with nodes.
    names: usize,
    /// How many edges lead to each node.
    edges: Vec<u32>,
    pending: Vec<Pending<'s>>,
    leaves: HashMap<(&'static str, String), Arc<Leaf>>,
    defects: Vec<Defect>,
    /// How many schemas may still be read for the properties that go the other way.
    left: usize,
}

impl<'s> Compiler<'s> {
    pub(crate) fn defect(&mut self, place: &Place, reason: impl Into<String>) {
        self.defects.push(Defect { pointer: place.pointer(), reason: reason.into() });
    }

    /// The node of a part of `parent`.
    pub(crate) fn child(&mut self, parent: &Pending<'s>, schema: &'s Value, place: &Place) -> NodeId {
        self.id(schema, parent.resource, place, parent.is_lenient, None)
    }

    /// The node of a part of `parent` that is read strictly: a failure there can be what makes a value fit.
    pub(crate) fn strict_child(&mut self, parent: &Pending<'s>, schema: &'s Value, place: &Place) -> NodeId {
        self.id(schema, parent.resource, place, false, None)
    }

    /// A leaf, one for all places that have the same.
    pub(crate) fn leaf(&mut self, keyword: &'static str, value: &Value) -> Arc<Leaf> {
        let key = (keyword, value.to_string());
        Arc::clone(self.leaves.entry(key).or_insert_with(|| Arc::new(Leaf::new(keyword, value.clone()))))
    }

    /// The node of a schema; it is compiled later. References that are nothing else are followed.
    fn id(
        &mut self,
        schema: &'s Value,
        resource: &'s Value,
        place: &Place,
        is_lenient: bool,
        optional: Option<Names<'s>>,
    ) -> NodeId {
        let mut passed: IndexSet<*const Value> = IndexSet::new();
        let (mut schema, mut resource, mut place) = (schema, resource, place.clone());
        let optional = optional.filter(|names| !names.is_empty() && names.len() <= self.names);
        let key = |schema: *const Value| (schema, is_lenient, optional.clone());
        let id = loop {
            if let Some(id) = self.ids.get(&key(schema)) {
                break *id;
            }
            if passed.contains(&std::ptr::from_ref(schema)) {
                self.defect(&place, "the reference leads to itself");
                break self.reserve(key(schema));
            }
            let Some(reference) = alias(schema) else {
                break self.enqueue(schema, resource, place, key(schema));
            };
            passed.insert(schema);
            let Some(target) = self.document.find(reference, resource) else {
                self.defect(&place.below("$ref"), format!("`{reference}` does not resolve in this schema"));
                break self.reserve(key(schema));
            };
            (schema, place) = (target, target_place(reference));
            if target.get("$id").is_some() {
                resource = target;
            }
        };
        self.ids.extend(passed.into_iter().map(|address| (key(address), id)));
        if let Some(edges) = self.edges.get_mut(id.0 as usize) {
            *edges += 1;
        }
        id
    }

    /// A node that asserts nothing so far.
    fn reserve(&mut self, key: Key<'s>) -> NodeId {
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        self.graph.nodes.push(Node::default());
        self.edges.push(0);
        self.names = self.names.saturating_sub(key.2.as_ref().map_or(0, |names| names.len()));
        self.ids.insert(key, id);
        id
    }

    fn enqueue(&mut self, schema: &'s Value, resource: &'s Value, place: Place, key: Key<'s>) -> NodeId {
        let (_, is_lenient, optional) = key.clone();
        let id = self.reserve(key);
        let resource = if schema.get("$id").is_some() { schema } else { resource };
        self.pending.push(Pending { id, schema, resource, place, is_lenient, optional });
        id
    }

    fn node(&mut self, pending: &Pending<'s>) {
        let mut node = Node { is_lenient: pending.is_lenient, ..Node::default() };
        match pending.schema {
            Value::Object(keywords) => {
                self.graph.size += keywords.len() as u64;
                self.values(keywords, pending, &mut node);
                self.combined(keywords, pending, &mut node);
                node.number = self.number(keywords, pending);
                node.text = self.text(keywords, pending);
                node.list = self.list(keywords, pending);
                let optional = self.optional(keywords, pending);
                node.object = self.object(keywords, pending, optional.as_deref());
                self.joined(keywords, pending, optional.as_ref(), &mut node);
            }
            Value::Bool(false) => node.is_never = true,
            Value::Bool(true) => {}
            _ => self.defect(&pending.place, "this is not a schema"),
        }
        self.graph.size += 1;
        if let Some(slot) = self.graph.nodes.get_mut(pending.id.0 as usize) {
            *slot = node;
        }
    }

    /// The properties that go the other way, as far as this schema and those around it know.
    fn optional(&mut self, keywords: &'s Map<String, Value>, pending: &Pending<'s>) -> Option<Names<'s>> {
        let keyword = self.options.direction.opposite()?;
        if !requires(keywords) {
            return pending.optional.clone();
        }
        let mut names = marked(keywords, keyword, pending.resource, &mut self.document, &mut self.left);
        names.extend(pending.optional.iter().flat_map(|names| names.iter()));
        Some(Rc::new(names))
    }

    /// `allOf` and `$ref`.
    fn joined(
        &mut self,
        keywords: &'s Map<String, Value>,
        pending: &Pending<'s>,
        optional: Option<&Names<'s>>,
        node: &mut Node,
    ) {
        for keyword in ["$ref", "$dynamicRef"] {
            let Some(reference) = keywords.get(keyword) else { continue };
            let place = pending.place.below(keyword);
            let target =
                reference.as_str().and_then(|it| Some((it, self.document.find(it, pending.resource)?)));
            match target {
                Some((reference, target)) => {
                    let resource = if reference.starts_with('#') { pending.resource } else { target };
                    let place = target_place(reference);
                    node.all.push(self.id(target, resource, &place, pending.is_lenient, optional.cloned()));
                }
                None => {
                    self.defect(&place, format!("`{}` does not resolve in this schema", text_of(reference)));
                }
            }
        }
        for (part, place) in self.schemas(keywords, "allOf", pending) {
            node.all.push(self.id(part, pending.resource, &place, pending.is_lenient, optional.cloned()));
        }
        // A schema that is joined twice asserts nothing more.
        let mut seen = HashSet::new();
        node.all.retain(|id| seen.insert(*id));
    }

    /// `anyOf`, `oneOf`, `not`, `if` and `dependentSchemas`.
    fn combined(&mut self, keywords: &'s Map<String, Value>, pending: &Pending<'s>, node: &mut Node) {
        for keyword in ["anyOf", "oneOf"] {
            let branches = self.schemas(keywords, keyword, pending);
            if branches.is_empty() {
                continue;
            }
            let discriminator = self.discriminator(keywords, pending, &branches);
            let branches = branches.into_iter().map(|(branch, place)| self.child(pending, branch, &place));
            let branches: Vec<NodeId> = branches.collect();
            let is_one_of = keyword == "oneOf";
            let is_exclusive = is_one_of && !pending.is_lenient;
            node.choices.push(Choice { is_one_of, is_exclusive, branches, discriminator });
        }
        let mut strict = |keyword: &str| {
            let schema = keywords.get(keyword)?;
            Some(self.strict_child(pending, schema, &pending.place.below(keyword)))
        };
        node.not = strict("not");
        if let Some(test) = strict("if") {
            let (then, otherwise) =
                (self.one(keywords, "then", pending), self.one(keywords, "else", pending));
            node.condition = Some(Condition { test, then, otherwise });
        }
        let dependent = keywords.get("dependentSchemas").and_then(Value::as_object);
        for (name, schema) in dependent.into_iter().flatten() {
            let place = pending.place.below("dependentSchemas").below(name);
            node.dependent.push((name.as_str().into(), self.child(pending, schema, &place)));
        }
    }

    /// The branches by the values that name them: by `mapping`, or by the name of their definition.
    fn discriminator(
        &mut self,
        keywords: &'s Map<String, Value>,
        pending: &Pending<'s>,
        branches: &[(&'s Value, Place)],
    ) -> Option<Discriminator> {
        let written = keywords.get("discriminator").filter(|_| pending.is_lenient)?;
        let property = written.get("propertyName")?.as_str()?;
        let targets: Vec<(&str, &Value)> = branches
            .iter()
            .filter_map(|(branch, _)| Some((branch.get("$ref")?.as_str()?, *branch)))
            .collect();
        let mut found = Discriminator { property: property.into(), branches: indexmap::IndexMap::new() };
        let mapping = written.get("mapping").and_then(Value::as_object);
        let mapped = mapping.into_iter().flatten().filter_map(|(value, target)| {
            let branch = targets.iter().find(|(reference, _)| Some(*reference) == target.as_str())?;
            Some((value.as_str(), branch.1))
        });
        let named = targets.iter().map(|(reference, branch)| (last_token(reference), *branch));
        for (value, branch) in mapped.collect::<Vec<_>>().into_iter().chain(named) {
            let id = self.child(pending, branch, &Place::default());
            found.branches.entry(value.into()).or_insert(id);
        }
        Some(found)
    }

    /// The schemas of a list.
    pub(crate) fn schemas(
        &mut self,
        keywords: &'s Map<String, Value>,
        keyword: &str,
        pending: &Pending<'s>,
    ) -> Vec<(&'s Value, Place)> {
        let Some(value) = keywords.get(keyword) else { return Vec::new() };
        let place = pending.place.below(keyword);
        match value.as_array() {
            Some(items) => {
                items.iter().enumerate().map(|(at, item)| (item, place.below(at.to_string()))).collect()
            }
            None => {
                self.defect(&place, "expected a list of schemas");
                Vec::new()
            }
        }
    }

    fn finish(mut self) -> (Graph, Vec<Defect>) {
        let root = self.graph.root;
        for (at, edges) in (0..).zip(&self.edges) {
            if let Some(node) = self.graph.nodes.get_mut(at as usize) {
                // A cycle through the root has one edge in addition to the one that the root itself counts for.
                node.is_shared = *edges > 1 || NodeId(at) == root;
            }
        }
        if self.options.lenient {
            self.graph.drop_exclusive();
        }
        self.graph.mark_closed();
        (self.graph, self.defects)
    }
}

/// Whether a schema, or a part of its `allOf` that is written in place, requires properties.
fn requires(keywords: &Map<String, Value>) -> bool {
    let parts = keywords.get("allOf").and_then(Value::as_array);
    keywords.contains_key("required")
        || parts.into_iter().flatten().any(|part| part.get("required").is_some())
}

/// The reference of a schema that is nothing else.
fn alias(schema: &Value) -> Option<&str> {
    let keywords = schema.as_object()?;
    let reference = keywords.get("$ref")?.as_str()?;
    let is_alone = keywords.len() == 1 || !keywords.keys().any(|keyword| is_assertion(keyword));
    is_alone.then_some(reference)
}

fn last_token(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or_default()
}

fn text_of(value: &Value) -> String {
    crate::words::on_a_line(&crate::words::plain(value), 80)
}
