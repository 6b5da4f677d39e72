//! A written value, each part with its type and its place.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Deref;

use naftiko_diagnostics::{Span, work};
use naftiko_expr::{Field, ObjectType, Presence, Selector, Template, Type};
use naftiko_spec::Value;
use serde_json::{Map, Value as Json};

/// A value with its type.
#[derive(Clone)]
pub(crate) struct Written<'a> {
    pub(crate) ty: Type,
    pub(crate) span: Span,
    /// The key of the value; `None` for an item of a list.
    pub(crate) key: Option<Span>,
    /// The scalar as it was written, unless it is a literal.
    pub(crate) template: Option<&'a Template>,
    pub(crate) parts: Parts<'a>,
}

/// The structure of a value.
#[derive(Clone)]
pub(crate) enum Parts<'a> {
    /// A literal scalar.
    Literal(&'a Json),
    /// A value known only at run time, or not understood.
    Open,
    Items(Vec<Written<'a>>),
    Entries(Entries<'a>),
}

/// The entries of an object, in order.
#[derive(Clone)]
pub(crate) struct Entries<'a> {
    all: Vec<(&'a str, Written<'a>)>,
    /// The first entry of each name; filled only for more than [`Self::FEW`] entries.
    by_name: HashMap<&'a str, usize>,
}

impl<'a> Entries<'a> {
    /// The maximum number of entries that are searched linearly.
    const FEW: usize = 8;

    fn new(all: Vec<(&'a str, Written<'a>)>) -> Self {
        let indexed = if all.len() > Self::FEW { all.as_slice() } else { &[] };
        // Of two entries with one name the first counts.
        let by_name = indexed.iter().enumerate().rev().map(|(at, (name, _))| (*name, at)).collect();
        Self { all, by_name }
    }

    /// The first entry with a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Written<'a>> {
        work::add(1);
        let at = match self.all.len() {
            0..=Self::FEW => self.all.iter().position(|(known, _)| *known == name),
            _ => self.by_name.get(name).copied(),
        };
        at.and_then(|at| self.all.get(at)).map(|(_, entry)| entry)
    }
}

impl<'a> Deref for Entries<'a> {
    type Target = [(&'a str, Written<'a>)];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl<'a> Written<'a> {
    /// A value with the types of its scalars, which come in the order of [`Value::scalars`].
    pub(crate) fn new(value: &'a Value, key: Option<Span>, types: &mut impl Iterator<Item = Type>) -> Self {
        let span = value.span();
        let (ty, parts) = match value {
            Value::Unclear { .. } => (Type::Any, Parts::Open),
            Value::Scalar { template, is_foreign, .. } => {
                let ty = types.next().unwrap_or(Type::Any);
                // The text is already reported, so its type is *any* to suppress further findings.
                if *is_foreign {
                    return Self { key, ..Self::unwritten(Type::Any, span) };
                }
                match template {
                    Template::Literal(literal) => (ty, Parts::Literal(literal)),
                    _ => return Self { ty, span, key, template: Some(template), parts: Parts::Open },
                }
            }
            Value::List { items, .. } => {
                let items: Vec<Self> = items.iter().map(|item| Self::new(item, None, types)).collect();
                let ty = Type::list(Type::union(items.iter().map(|item| item.ty.clone())));
                (ty, Parts::Items(items))
            }
            Value::Object { entries, .. } => {
                let entries = entries
                    .iter()
                    .map(|(name, entry)| (name.as_str(), Self::new(&entry.value, Some(entry.key), types)));
                return Self::object(entries.collect(), span, key);
            }
        };
        Self { ty, span, key, template: None, parts }
    }

    /// An object with these entries.
    pub(crate) fn object(entries: Vec<(&'a str, Self)>, span: Span, key: Option<Span>) -> Self {
        let fields = entries.iter().map(|(name, entry)| {
            ((*name).to_owned(), Field { ty: entry.ty.clone(), presence: Presence::Always })
        });
        let ty = Type::Object(ObjectType::of(fields));
        Self { ty, span, key, template: None, parts: Parts::Entries(Entries::new(entries)) }
    }

    /// A value without text of its own; diagnostics point to `span`.
    pub(crate) fn unwritten(ty: Type, span: Span) -> Self {
        Self { ty, span, key: None, template: None, parts: Parts::Open }
    }

    /// A copy in which the parts at these spans, and the scalars whose keys are at these spans, count as unknown.
    #[must_use]
    pub(crate) fn without(&self, places: &BTreeSet<Span>) -> Self {
        let is_left_out = |part: &Self| {
            places.contains(&part.span)
                || part.key.is_some_and(|key| places.contains(&key) && part.is_scalar())
        };
        let parts = match &self.parts {
            _ if is_left_out(self) => Parts::Open,
            Parts::Items(items) => Parts::Items(items.iter().map(|item| item.without(places)).collect()),
            Parts::Entries(entries) => Parts::Entries(Entries::new(
                entries.iter().map(|(name, entry)| (*name, entry.without(places))).collect(),
            )),
            scalar => scalar.clone(),
        };
        Self { ty: self.ty.clone(), span: self.span, key: self.key, template: self.template, parts }
    }

    fn is_scalar(&self) -> bool {
        matches!(self.parts, Parts::Literal(_) | Parts::Open)
    }

    /// The literal, if the value is one.
    pub(crate) fn literal(&self) -> Option<&'a Json> {
        match &self.parts {
            Parts::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// The value of an entry.
    pub(crate) fn entry(&self, name: &str) -> Option<&Self> {
        let Parts::Entries(entries) = &self.parts else { return None };
        entries.named(name)
    }

    /// The spans of the keys of the entries.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Span> {
        let entries: &[(&str, Written<'a>)] = match &self.parts {
            Parts::Entries(entries) => entries,
            _ => &[],
        };
        entries.iter().filter_map(|(_, entry)| entry.key)
    }

    /// The span to report when something is missing from the value: its key, or for a list item the key of its first
    /// entry.
    pub(crate) fn place(&self) -> Span {
        let first = match &self.parts {
            Parts::Entries(entries) => entries.first().and_then(|(_, entry)| entry.key),
            _ => None,
        };
        self.key.or(first).unwrap_or(self.span)
    }

    /// The part at a JSON pointer, with its name derived from the name of the whole.
    pub(crate) fn at(&self, pointer: &str, name: &str) -> Option<(&Self, String)> {
        self.part(pointer.strip_prefix('/'), &PartName::Whole(name))
    }

    /// The part at the rest of a JSON pointer; `None` as the rest means this part.
    fn part(&self, rest: Option<&str>, name: &PartName<'_>) -> Option<(&Self, String)> {
        let Some(rest) = rest else { return Some((self, name.to_string())) };
        let (token, rest) = rest.split_once('/').map_or((rest, None), |(token, rest)| (token, Some(rest)));
        let token = token.replace("~1", "/").replace("~0", "~");
        match &self.parts {
            Parts::Items(items) => {
                let at: usize = token.parse().ok()?;
                items.get(at)?.part(rest, &PartName::Item(name, at))
            }
            Parts::Entries(entries) => entries.named(&token)?.part(rest, &PartName::Entry(name, &token)),
            Parts::Literal(_) | Parts::Open => None,
        }
    }

    /// The JSON pointer of the part at a span, by a search through all parts.
    pub(crate) fn pointer_of(&self, place: Span) -> Option<String> {
        work::add(1);
        if self.span == place {
            return Some(String::new());
        }
        let below = |token: String, part: &Self| Some(format!("/{token}{}", part.pointer_of(place)?));
        match &self.parts {
            Parts::Literal(_) | Parts::Open => None,
            Parts::Items(items) => {
                items.iter().enumerate().find_map(|(at, item)| below(at.to_string(), item))
            }
            Parts::Entries(entries) => entries
                .iter()
                .find_map(|(name, entry)| below(name.replace('~', "~0").replace('/', "~1"), entry)),
        }
    }

    /// The value with null in place of every part that is not literal, and the JSON pointers of these parts.
    pub(crate) fn with_holes(&self, pointer: &str, holes: &mut Vec<String>) -> Json {
        match &self.parts {
            Parts::Literal(literal) => (*literal).clone(),
            Parts::Open => {
                holes.push(pointer.to_owned());
                Json::Null
            }
            Parts::Items(items) => {
                let items = items.iter().enumerate();
                items.map(|(at, item)| item.with_holes(&format!("{pointer}/{at}"), holes)).collect()
            }
            Parts::Entries(entries) => {
                let mut fields = Map::new();
                for (name, entry) in entries.iter() {
                    let token = name.replace('~', "~0").replace('/', "~1");
                    fields.insert((*name).to_owned(), entry.with_holes(&format!("{pointer}/{token}"), holes));
                }
                Json::Object(fields)
            }
        }
    }
}

/// The name of a part of a value in messages: `address.city`, `lines[0].text`. It is formatted only where it is
/// shown.
pub(crate) enum PartName<'n> {
    /// The whole value. The name of a body is empty, and its properties have no prefix.
    Whole(&'n str),
    /// An item of a list.
    Item(&'n PartName<'n>, usize),
    /// An entry of an object.
    Entry(&'n PartName<'n>, &'n str),
}

impl fmt::Display for PartName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(name) | Self::Entry(Self::Whole(""), name) => f.write_str(name),
            Self::Item(list, at) => write!(f, "{list}[{at}]"),
            Self::Entry(object, name) => write!(f, "{object}{}", Selector::Field((*name).to_owned())),
        }
    }
}
