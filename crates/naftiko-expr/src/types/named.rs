//! References to schemas by name, resolved when needed, since schemas may contain themselves.

use std::fmt;

use super::Type;
use super::definitions::Link;

/// Identifies a name: its definitions and the name itself.
pub(super) type Key = (usize, String);

/// A reference to a schema by name.
#[derive(Clone)]
pub struct Named {
    name: String,
    definitions: Link,
}

impl Named {
    pub(super) fn new(name: &str, definitions: &Link) -> Self {
        Self { name: name.to_owned(), definitions: definitions.clone() }
    }

    /// The name of the schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that the name refers to; never [`Type::Named`]. A name that refers only to itself is [`Type::Any`].
    pub(super) fn body(&self) -> Type {
        self.definitions.read(&self.name)
    }

    /// Identifies this name, as long as a name with these definitions exists.
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
