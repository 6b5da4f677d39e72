//! A schema by name, looked up when it is needed: schemas may contain themselves.

use std::fmt;

use super::Type;
use super::definitions::Link;

/// What tells a name from every other name: whose it is, and itself.
pub(super) type Key = (usize, String);

/// A schema by name.
#[derive(Clone)]
pub struct Named {
    name: String,
    definitions: Link,
}

impl Named {
    pub(super) fn new(name: &str, definitions: &Link) -> Self {
        Self { name: name.to_owned(), definitions: definitions.clone() }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for; never a name again. A name that stands for nothing but itself is [`Type::Any`].
    pub(super) fn body(&self) -> Type {
        self.definitions.read(&self.name)
    }

    /// What tells it from every other name, for as long as one of them lives.
    pub(super) fn key(&self) -> Key {
        (self.definitions.address(), self.name.clone())
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.definitions == other.definitions
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named").field(&self.name).finish()
    }
}
