//! Types: sets of possible JSON values.
//!
//! [`Type::Any`] is an unknown type: it accepts every type, every type accepts it, and no problem is reported for it. A
//! union without members is the empty type, for example of the items of an empty list.

mod definitions;
mod display;
mod named;
mod narrowed;
mod near;
mod relation;
mod schema;

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

pub use definitions::Definitions;
pub use named::Named;
pub(crate) use near::{nearest_field, nearest_value};

/// The most distinct members of a union; a larger union becomes [`Type::Any`].
const MAX_MEMBERS: usize = 64;

/// A set of JSON values. A clone shares its parts with the original and is cheap.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Any value: nothing is known.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// A string; if values are given, one of them.
    String(Option<Arc<IndexSet<String>>>),
    /// A list whose items have this type.
    List(Arc<Type>),
    /// An object.
    Object(ObjectType),
    /// One of several types. Built by [`Type::union`]; unions are not nested.
    Union(Vec<Type>),
    /// A reference to a schema, which is resolved when it is needed.
    Named(Named),
}

/// The type of an object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ObjectType {
    /// The name or title of its schema.
    pub name: Option<String>,
    /// The declared fields.
    pub fields: Arc<IndexMap<String, Field>>,
    /// The type of all undeclared fields; `None` if an author may not read undeclared fields.
    pub additional: Option<Arc<Type>>,
    /// The fields that conditions narrowed. Usually few; they take precedence over `fields`.
    pub proved: Vec<(String, Field)>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The type of its value.
    pub ty: Type,
    /// Its presence.
    pub presence: Presence,
}

/// Whether a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// The value is there.
    Always,
    /// The value may be absent.
    Maybe,
    /// The value is absent.
    Never,
}

impl Presence {
    /// The presence of a value that depends on two values being there.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, Self::Always) => Self::Always,
            _ => Self::Maybe,
        }
    }

    /// The presence of a value that is taken from one of two alternatives.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Maybe }
    }
}

/// A type and a presence.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The type of the value if it is there.
    pub ty: Type,
    /// The presence of the value.
    pub presence: Presence,
}

impl Typed {
    /// A value that is always there.
    pub fn always(ty: Type) -> Self {
        Self { ty, presence: Presence::Always }
    }

    /// A value that may be there.
    pub fn maybe(ty: Type) -> Self {
        Self { ty, presence: Presence::Maybe }
    }

    /// A value that is never there.
    pub fn never() -> Self {
        Self { ty: Type::nothing(), presence: Presence::Never }
    }

    /// Treats null as absent: removes null from the type and adjusts the presence.
    #[must_use]
    pub fn without_null(self) -> Self {
        let (ty, nullable) = self.ty.split_null();
        let presence = match (nullable, ty.is_nothing()) {
            (true, true) => Presence::Never,
            (true, false) => self.presence.and(Presence::Maybe),
            (false, _) => self.presence,
        };
        Self { ty, presence }
    }
}

impl Type {
    /// The empty type.
    pub fn nothing() -> Self {
        Self::Union(Vec::new())
    }

    /// Any string.
    pub fn string() -> Self {
        Self::String(None)
    }

    /// A list whose items have this type.
    pub fn list(items: Self) -> Self {
        Self::List(Arc::new(items))
    }

    /// An object with unknown fields.
    pub fn open_object() -> Self {
        Self::Object(ObjectType { additional: Some(Arc::new(Self::Any)), ..ObjectType::default() })
    }

    /// An object without fields; reading any field of it gives absent.
    pub fn empty_object() -> Self {
        Self::Object(ObjectType { additional: Some(Arc::new(Self::nothing())), ..ObjectType::default() })
    }

    /// The union of these types, without redundant members.
    pub fn union(members: impl IntoIterator<Item = Self>) -> Self {
        let mut union = Members::default();
        for member in members {
            if union.add(member).is_none() {
                return Self::Any;
            }
        }
        union.finish()
    }

    /// Lowers a JSON Schema (2020-12) to a type. `definitions` resolve `$ref: '#/$defs/NAME'`.
    ///
    /// Keywords that a type cannot express (patterns, limits, `not`, …) are ignored, so the type is wider than the
    /// schema, never narrower.
    pub fn from_schema(schema: &Value, definitions: &Definitions) -> Self {
        schema::lower(schema, &definitions.link(), None)
    }

    /// Lowers a JSON Schema that the author of a composition wrote. References are not resolved, and a value of `enum`
    /// that does not fit `type` is left out.
    pub fn from_own_schema(schema: &Value) -> Self {
        schema::lower_strictly(schema, &Definitions::default().link())
    }

    /// The most precise type of this value.
    pub fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if relation::is_integer(number) => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(text) => Self::String(Some(Arc::new(IndexSet::from([text.clone()])))),
            Value::Array(items) => Self::list(Self::union(items.iter().map(Self::of_value))),
            Value::Object(fields) => {
                let always = |ty| Field { ty, presence: Presence::Always };
                let fields = fields.iter().map(|(name, value)| (name.clone(), always(Self::of_value(value))));
                Self::Object(ObjectType::of(fields))
            }
        }
    }

    /// The type that a name refers to; any other type is returned unchanged. Never [`Type::Named`].
    pub fn resolve(&self) -> Cow<'_, Self> {
        match self {
            Self::Named(named) => Cow::Owned(named.body()),
            other => Cow::Borrowed(other),
        }
    }

    /// The name of its schema, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(named) => Some(named.name()),
            Self::Object(object) => object.name.as_deref(),
            _ => None,
        }
    }

    /// The members of a union, with names resolved; any other type is its own single member.
    pub fn members(&self) -> Vec<Self> {
        relation::members(self)
    }

    /// Whether the type is empty.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Union(members) if members.is_empty())
    }

    /// Whether null is certainly one of its values. False for [`Type::Any`].
    pub fn is_nullable(&self) -> bool {
        self.members().contains(&Self::Null)
    }

    /// The type without null, and whether null was one of its values.
    #[must_use]
    pub fn split_null(&self) -> (Self, bool) {
        if !self.is_nullable() {
            return (self.clone(), false);
        }
        let members = match self.resolve().into_owned() {
            Self::Union(members) => members,
            other => vec![other],
        };
        let rest = members.into_iter().filter_map(|member| match member {
            Self::Null => None,
            Self::Named(_) if member.is_nullable() => Some(member.split_null().0),
            other => Some(other),
        });
        (Self::union(rest.collect::<Vec<_>>()), true)
    }

    /// The fields of an object, declared or narrowed; for a union, those of all members.
    pub fn fields(&self) -> Vec<(String, Field)> {
        let objects = self.objects();
        let mut names: IndexSet<&str> = IndexSet::new();
        for object in &objects {
            names.extend(object.names());
        }
        let field = |name: &str| {
            let Typed { ty, presence } = self.field(name)?;
            Some((name.to_owned(), Field { ty, presence }))
        };
        names.into_iter().filter_map(field).collect()
    }

    /// Whether some value of the type has a field with a known name.
    pub fn has_fields(&self) -> bool {
        self.objects().iter().any(|object| object.names().next().is_some())
    }

    /// The members that are objects.
    pub(crate) fn objects(&self) -> Vec<ObjectType> {
        let objects = self.members().into_iter().filter_map(|member| match member {
            Self::Object(object) => Some(object),
            _ => None,
        });
        objects.collect()
    }

    /// The type of a field. In a union, the field may come from any member, and a member that is not an object has no
    /// fields. `None` if no member has such a field.
    pub fn field(&self, name: &str) -> Option<Typed> {
        let mut found: Option<Typed> = None;
        let mut missing = false;
        for member in self.members() {
            let typed = match member {
                Self::Any => Some(Typed::always(Self::Any)),
                Self::Object(object) => object.field(name),
                _ => None,
            };
            found = match (found, typed) {
                (found, None) => {
                    missing = true;
                    found
                }
                (None, typed) => typed,
                (Some(a), Some(b)) => {
                    Some(Typed { ty: Self::union([a.ty, b.ty]), presence: a.presence.or(b.presence) })
                }
            };
        }
        found.map(|typed| {
            if missing { Typed { presence: typed.presence.and(Presence::Maybe), ..typed } } else { typed }
        })
    }

    /// The type of the items of a list; `None` if the type is not a list.
    pub fn items(&self) -> Option<Self> {
        let lists = self.members().into_iter().filter_map(|member| match member {
            Self::Any => Some(Self::Any),
            Self::List(items) => Some(Self::clone(&items)),
            _ => None,
        });
        let lists: Vec<Self> = lists.collect();
        (!lists.is_empty()).then(|| Self::union(lists))
    }
}

impl ObjectType {
    /// An object with exactly these fields; an author may not read any other.
    pub fn of(fields: impl IntoIterator<Item = (String, Field)>) -> Self {
        Self { fields: Arc::new(fields.into_iter().collect()), ..Self::default() }
    }

    /// A declared or undeclared field; `None` if an author may not read it.
    pub fn field(&self, name: &str) -> Option<Typed> {
        let proved = self.proved.iter().find(|(proved, _)| proved == name).map(|(_, field)| field);
        match (proved.or_else(|| self.fields.get(name)), &self.additional) {
            (Some(field), _) => Some(Typed { ty: field.ty.clone(), presence: field.presence }),
            (None, Some(additional)) if additional.is_nothing() => Some(Typed::never()),
            (None, Some(additional)) => Some(Typed::maybe(additional.as_ref().clone())),
            (None, None) => None,
        }
    }

    /// The names of its declared and narrowed fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let undeclared = self.proved.iter().map(|(name, _)| name);
        let undeclared = undeclared.filter(|name| !self.fields.contains_key(*name));
        self.fields.keys().chain(undeclared).map(String::as_str)
    }
}

/// Collects the members of a union.
#[derive(Default)]
struct Members {
    union: Vec<Type>,
    values: IndexSet<String>,
    any_string: bool,
}

impl Members {
    /// Adds a type. `None` if the union becomes [`Type::Any`].
    fn add(&mut self, member: Type) -> Option<()> {
        match member {
            Type::Any => return None,
            Type::Union(inner) => {
                for member in inner {
                    self.add(member)?;
                }
            }
            Type::String(None) => self.any_string = true,
            Type::String(Some(more)) if self.values.is_empty() => self.values = Arc::unwrap_or_clone(more),
            Type::String(Some(more)) => self.values.extend(more.iter().cloned()),
            other if self.union.contains(&other) => {}
            _ if self.union.len() == MAX_MEMBERS => return None,
            other => self.union.push(other),
        }
        Some(())
    }

    fn finish(self) -> Type {
        let Self { mut union, values, any_string } = self;
        if union.contains(&Type::Number) {
            union.retain(|member| *member != Type::Integer);
        }
        if any_string {
            union.push(Type::string());
        } else if !values.is_empty() {
            union.push(Type::String(Some(Arc::new(values))));
        }
        // List `null` last in messages.
        union.sort_by_key(|member| *member == Type::Null);
        match union.pop() {
            Some(only) if union.is_empty() => only,
            last => {
                union.extend(last);
                Type::Union(union)
            }
        }
    }
}
