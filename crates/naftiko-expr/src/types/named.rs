//! A schema by name, looked up when it is needed: schemas may contain themselves.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Type, schema};

/// What tells a name from every other name: whose it is, and itself.
pub(super) type Key = (usize, String);

/// A schema by name.
#[derive(Clone)]
pub struct Named {
    name: String,
    definitions: Arc<Map<String, Value>>,
}

impl Named {
    pub(super) fn new(name: &str, definitions: &Arc<Map<String, Value>>) -> Self {
        Self { name: name.to_owned(), definitions: Arc::clone(definitions) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for; never a name again. A name that stands for nothing but itself is [`Type::Any`].
    pub(super) fn body(&self) -> Type {
        let mut seen = vec![self.name.clone()];
        let mut name = self.name.clone();
        loop {
            let Some(schema) = self.definitions.get(&name) else { return Type::Any };
            match schema::lower(schema, &self.definitions, Some(&name)) {
                Type::Named(next) if seen.contains(&next.name) => return Type::Any,
                Type::Named(next) => {
                    seen.push(next.name.clone());
                    name = next.name;
                }
                body => return body,
            }
        }
    }

    /// What tells it from every other name, for as long as one of them lives.
    pub(super) fn key(&self) -> Key {
        (Arc::as_ptr(&self.definitions).addr(), self.name.clone())
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && (Arc::ptr_eq(&self.definitions, &other.definitions) || self.definitions == other.definitions)
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named").field(&self.name).finish()
    }
}
