//! What values can be.
//!
//! A [`Type`] is a set of JSON values. [`Type::Any`] is "nobody said": it is silent, accepts and is accepted everywhere.
//! A union without members is the set without values: the items of an empty list.

mod definitions;
mod display;
mod named;
mod narrowed;
mod relation;
mod schema;

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

pub use definitions::Definitions;
pub use named::Named;

/// A union of more different members than this is [`Type::Any`].
const MAX_MEMBERS: usize = 64;

/// What values can be. A copy shares its parts with the original, whatever its size.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Anything: nothing is known.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// A string; where values are given, one of them.
    String(Option<Arc<IndexSet<String>>>),
    /// A list of such items.
    List(Arc<Type>),
    /// An object.
    Object(ObjectType),
    /// One of these. Made by [`Type::union`], never directly inside another.
    Union(Vec<Type>),
    /// A schema that is looked up when it is needed.
    Named(Named),
}

/// The fields of an object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ObjectType {
    /// The name of its schema.
    pub name: Option<String>,
    /// The fields that are declared.
    pub fields: Arc<IndexMap<String, Field>>,
    /// The type of all other fields; nothing: an author may not read any other.
    pub additional: Option<Arc<Type>>,
    /// What is known of some fields beyond that: few, and they come before the others.
    pub proved: Vec<(String, Field)>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What its value can be.
    pub ty: Type,
    /// Whether it is there.
    pub presence: Presence,
}

/// Whether there is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// There is one.
    Always,
    /// There may be one.
    Maybe,
    /// There is none.
    Never,
}

impl Presence {
    /// Whether there is a value that is reached through another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, Self::Always) => Self::Always,
            _ => Self::Maybe,
        }
    }

    /// Whether there is a value that comes from either of two places.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Maybe }
    }
}

/// What a value can be, and whether there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What it can be if it is there.
    pub ty: Type,
    /// Whether it is there.
    pub presence: Presence,
}

impl Typed {
    /// A value that is there.
    pub fn always(ty: Type) -> Self {
        Self { ty, presence: Presence::Always }
    }

    /// A value that may be there.
    pub fn maybe(ty: Type) -> Self {
        Self { ty, presence: Presence::Maybe }
    }

    /// A value that is not there.
    pub fn never() -> Self {
        Self { ty: Type::nothing(), presence: Presence::Never }
    }

    /// The value, null being as good as absent.
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
    /// The type without values.
    pub fn nothing() -> Self {
        Self::Union(Vec::new())
    }

    /// Any string.
    pub fn string() -> Self {
        Self::String(None)
    }

    /// A list of such items.
    pub fn list(items: Self) -> Self {
        Self::List(Arc::new(items))
    }

    /// An object of which nothing is known.
    pub fn open_object() -> Self {
        Self::Object(ObjectType { additional: Some(Arc::new(Self::Any)), ..ObjectType::default() })
    }

    /// An object that has no field, whichever is asked for.
    pub fn empty_object() -> Self {
        Self::Object(ObjectType { additional: Some(Arc::new(Self::nothing())), ..ObjectType::default() })
    }

    /// One of these types, without needless members.
    pub fn union(members: impl IntoIterator<Item = Self>) -> Self {
        let mut union = Members::default();
        for member in members {
            if union.add(member).is_none() {
                return Self::Any;
            }
        }
        union.finish()
    }

    /// The type of a JSON Schema (2020-12). `definitions` are what `$ref: '#/$defs/NAME'` refers to.
    ///
    /// What a type cannot say (patterns, limits, `not`, …) makes it wider, never narrower.
    pub fn from_schema(schema: &Value, definitions: &Definitions) -> Self {
        schema::lower(schema, &definitions.link(), None)
    }

    /// The type of a JSON Schema that the author of a composition wrote, read to the letter and with no references: a value
    /// of `enum` that is not of the type beside it is never taken.
    pub fn from_own_schema(schema: &Value) -> Self {
        schema::lower_strictly(schema, &Definitions::default().link())
    }

    /// The type of exactly this value, as far as a type can say it.
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

    /// What a name stands for; every other type is itself. Never a name.
    pub fn resolve(&self) -> Cow<'_, Self> {
        match self {
            Self::Named(named) => Cow::Owned(named.body()),
            other => Cow::Borrowed(other),
        }
    }

    /// The name of its schema.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(named) => Some(named.name()),
            Self::Object(object) => object.name.as_deref(),
            _ => None,
        }
    }

    /// The members of a union, names looked up; of any other type, itself.
    pub fn members(&self) -> Vec<Self> {
        relation::members(self)
    }

    /// Whether it has no value.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Union(members) if members.is_empty())
    }

    /// Whether null is one of its values, for certain. [`Type::Any`] does not say.
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

    /// The fields of an object; of a union, those of all members.
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

    /// Whether a value of it can have a field of a known name.
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

    /// The field of an object. In a union it may come from any member; a member that is no object has none.
    /// Nothing: there is no such field.
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

    /// What the items of a list can be. Nothing: it is no list.
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
    /// An object with exactly these fields, of which an author may read no other.
    pub fn of(fields: impl IntoIterator<Item = (String, Field)>) -> Self {
        Self { fields: Arc::new(fields.into_iter().collect()), ..Self::default() }
    }

    /// A field, declared or not. Nothing: an author may not read it.
    pub fn field(&self, name: &str) -> Option<Typed> {
        let proved = self.proved.iter().find(|(proved, _)| proved == name).map(|(_, field)| field);
        match (proved.or_else(|| self.fields.get(name)), &self.additional) {
            (Some(field), _) => Some(Typed { ty: field.ty.clone(), presence: field.presence }),
            (None, Some(additional)) if additional.is_nothing() => Some(Typed::never()),
            (None, Some(additional)) => Some(Typed::maybe(additional.as_ref().clone())),
            (None, None) => None,
        }
    }

    /// The names of its fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let undeclared = self.proved.iter().map(|(name, _)| name);
        let undeclared = undeclared.filter(|name| !self.fields.contains_key(*name));
        self.fields.keys().chain(undeclared).map(String::as_str)
    }
}

/// The members of a union that is being made.
#[derive(Default)]
struct Members {
    union: Vec<Type>,
    values: IndexSet<String>,
    any_string: bool,
}

impl Members {
    /// Adds a type. Nothing: the union is any value.
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
        // `null` is said last.
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
