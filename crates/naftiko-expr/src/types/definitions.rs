//! The schemas that `$ref: '#/$defs/NAME'` refers to, with a cache of their types.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use serde_json::{Map, Value};

use super::{Type, schema};

/// Schemas by name. Each schema is lowered to a type once, even if many types refer to it.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    schemas: Arc<Map<String, Value>>,
    types: Arc<Types>,
}

/// The definitions as a type refers to them. The lowered types are cached as long as the [`Definitions`] exist.
#[derive(Debug, Clone)]
pub(super) struct Link {
    schemas: Arc<Map<String, Value>>,
    types: Weak<Types>,
}

#[derive(Debug, Default)]
struct Types {
    /// The end of each chain of schemas that consist of a reference only; `None` for a cycle.
    ends: OnceLock<HashMap<String, Option<String>>>,
    read: Mutex<HashMap<String, Type>>,
}

impl Definitions {
    /// Creates definitions from schemas by name.
    pub fn new(schemas: Map<String, Value>) -> Self {
        Self { schemas: Arc::new(schemas), types: Arc::default() }
    }

    /// The schemas.
    pub fn schemas(&self) -> &Map<String, Value> {
        &self.schemas
    }

    pub(super) fn link(&self) -> Link {
        Link { schemas: Arc::clone(&self.schemas), types: Arc::downgrade(&self.types) }
    }
}

impl Link {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.schemas.get(name)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.schemas.contains_key(name)
    }

    /// An identity of these schemas, unique as long as a link to them exists.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.schemas).addr()
    }

    /// The type of the schema with this name; never [`Type::Named`]. An unknown name, or a chain of references that
    /// leads back to itself, is [`Type::Any`].
    pub(super) fn read(&self, name: &str) -> Type {
        let Some(types) = self.types.upgrade() else { return self.lower(self.followed(name).as_deref()) };
        let end = match types.ends.get_or_init(|| self.ends()).get(name) {
            Some(end) => end.as_deref(),
            None => Some(name),
        };
        let Some(end) = end else { return Type::Any };
        let known = types.read.lock().unwrap_or_else(PoisonError::into_inner).get(end).cloned();
        known.unwrap_or_else(|| {
            let ty = self.lower(Some(end));
            types.read.lock().unwrap_or_else(PoisonError::into_inner).insert(end.to_owned(), ty.clone());
            ty
        })
    }

    fn lower(&self, name: Option<&str>) -> Type {
        let schema = name.and_then(|name| Some((name, self.get(name)?)));
        match schema.map(|(name, schema)| schema::lower(schema, self, Some(name))) {
            None | Some(Type::Named(_)) => Type::Any,
            Some(ty) => ty,
        }
    }

    /// Follows one chain of schemas that consist of a reference only, and returns the name at its end; `None` for a
    /// cycle.
    fn followed(&self, name: &str) -> Option<String> {
        let mut seen: HashSet<String> = HashSet::new();
        let mut next = name.to_owned();
        while let Some(onto) = self.get(&next).and_then(schema::only_reference) {
            if !self.contains(&onto) {
                break;
            }
            let from = std::mem::replace(&mut next, onto);
            if !seen.insert(from) {
                return None;
            }
        }
        Some(next)
    }

    /// The ends of all such chains. Each reference is followed once.
    fn ends(&self) -> HashMap<String, Option<String>> {
        let mut ends: HashMap<String, Option<String>> = HashMap::new();
        for start in self.schemas.keys() {
            let mut way: Vec<String> = Vec::new();
            let mut on_the_way: HashSet<String> = HashSet::new();
            let mut next = start.clone();
            let end = loop {
                if let Some(known) = ends.get(&next) {
                    break known.clone();
                }
                let onto = self.get(&next).and_then(schema::only_reference);
                let Some(onto) = onto.filter(|onto| self.contains(onto)) else { break Some(next) };
                if !on_the_way.insert(next.clone()) {
                    break None;
                }
                way.push(std::mem::replace(&mut next, onto));
            };
            naftiko_diagnostics::work::add(way.len() + 1);
            ends.extend(way.into_iter().map(|name| (name, end.clone())));
        }
        ends
    }
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.schemas, &other.schemas) || self.schemas == other.schemas
    }
}
