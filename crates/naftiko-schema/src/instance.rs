//! A part of a value, as it is looked at.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::number;
use crate::words::Kind;

/// A part of a value in one reading.
#[derive(Clone, Copy)]
pub(crate) struct Instance<'v> {
    pub(crate) value: &'v Value,
    pub(crate) reading: Reading,
}

/// The reading of a scalar. Where values are written as text, a number and its text are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reading {
    /// As it is.
    Plain,
    /// A text that spells a number or a boolean as that.
    Scalar,
    /// A number or a boolean as its text.
    Text,
}

/// The contents of an instance in its reading.
pub(crate) enum View<'v> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'v, str>),
    List(&'v [Value]),
    Object(&'v Map<String, Value>),
}

impl<'v> Instance<'v> {
    pub(crate) fn plain(value: &'v Value) -> Self {
        Self { value, reading: Reading::Plain }
    }

    /// The readings of a value that is written as text, the plain one first.
    pub(crate) fn readings(value: &'v Value) -> impl Iterator<Item = Self> {
        let other = match value {
            Value::Number(_) | Value::Bool(_) => Some(Reading::Text),
            Value::String(text) => scalar(text).map(|_| Reading::Scalar),
            _ => None,
        };
        std::iter::once(Reading::Plain).chain(other).map(move |reading| Self { value, reading })
    }

    pub(crate) fn view(self) -> View<'v> {
        match (self.value, self.reading) {
            (Value::Null, _) => View::Null,
            (Value::String(text), Reading::Scalar) => match scalar(text) {
                Some(Value::Number(number)) => View::Number(number),
                Some(Value::Bool(boolean)) => View::Boolean(boolean),
                _ => View::Text(Cow::Borrowed(text)),
            },
            (Value::Number(_) | Value::Bool(_), Reading::Text) => View::Text(self.value.to_string().into()),
            (Value::Bool(boolean), _) => View::Boolean(*boolean),
            (Value::Number(number), _) => View::Number(number.clone()),
            (Value::String(text), _) => View::Text(Cow::Borrowed(text)),
            (Value::Array(items), _) => View::List(items),
            (Value::Object(fields), _) => View::Object(fields),
        }
    }

    pub(crate) fn kind(self) -> Kind {
        self.view().kind()
    }

    /// The value in its reading.
    pub(crate) fn to_value(self) -> Cow<'v, Value> {
        match (self.reading, self.view()) {
            (Reading::Plain, _) | (_, View::Null | View::List(_) | View::Object(_)) => {
                Cow::Borrowed(self.value)
            }
            (_, View::Boolean(boolean)) => Cow::Owned(Value::Bool(boolean)),
            (_, View::Number(number)) => Cow::Owned(Value::Number(number)),
            (_, View::Text(text)) => Cow::Owned(Value::String(text.into_owned())),
        }
    }
}

impl View<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Number(number) if number::is_integer(number) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::String,
            Self::List(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }
}

impl Kind {
    /// The type of a value.
    pub(crate) fn of(value: &Value) -> Self {
        Instance::plain(value).kind()
    }
}

/// The number or boolean that a text spells.
pub(crate) fn scalar(text: &str) -> Option<Value> {
    // No number or boolean begins or ends with white space, and none is so long.
    let could_be =
        text.len() <= 512 && !text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace);
    let value = could_be.then(|| serde_json::from_str::<Value>(text).ok())??;
    (value.is_number() || value.is_boolean()).then_some(value)
}

/// How many parts a value has, and a share for the length of its texts.
pub(crate) fn size(value: &Value) -> u64 {
    let mut size = 0_u64;
    let mut pending = vec![value];
    while let Some(next) = pending.pop() {
        size += 1;
        match next {
            Value::String(text) => size += share(text),
            Value::Array(items) => pending.extend(items),
            Value::Object(fields) => {
                for (name, field) in fields {
                    size += share(name);
                    pending.push(field);
                }
            }
            _ => {}
        }
    }
    size
}

/// The steps that a text costs beside the one for its part.
pub(crate) fn share(text: &str) -> u64 {
    (text.len() / 32) as u64
}

/// Whether two values are equal, numbers by value. Both must be of bounded depth: one of them is part of a schema.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number::compare(a, b).is_eq(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}
