//! Short descriptions of types for messages.

use std::fmt::{self, Display, Formatter};

use indexmap::IndexSet;

use super::Type;

/// The most characters that are shown of a value or a name.
const LONGEST: usize = 40;
/// The most members of a union, or values of a string, that are listed.
const SHOWN: usize = 5;

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any value"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("a boolean"),
            Self::Integer => f.write_str("an integer"),
            Self::Number => f.write_str("a number"),
            Self::String(None) => f.write_str("a string"),
            Self::String(Some(values)) => f.write_str(&one_of(values)),
            Self::List(items) => match items.as_ref() {
                Self::Any => f.write_str("a list"),
                items if items.is_nothing() => f.write_str("an empty list"),
                items => write!(f, "a list of {}", plural(items)),
            },
            Self::Object(object) => match &object.name {
                Some(name) => write!(f, "`{}`", shorten(name)),
                None => f.write_str("an object"),
            },
            Self::Union(members) if members.is_empty() => f.write_str("nothing"),
            Self::Union(members) => f.write_str(&alternatives(members.iter().map(ToString::to_string))),
            Self::Named(named) => write!(f, "`{}`", shorten(named.name())),
        }
    }
}

/// Describes several values of a type, in the plural.
fn plural(ty: &Type) -> String {
    match ty {
        Type::Boolean => "booleans".to_owned(),
        Type::Integer => "integers".to_owned(),
        Type::Number => "numbers".to_owned(),
        Type::String(None) => "strings".to_owned(),
        Type::List(items) => match items.as_ref() {
            Type::Any => "lists".to_owned(),
            items if items.is_nothing() => "empty lists".to_owned(),
            items => format!("lists of {}", plural(items)),
        },
        Type::Object(object) if object.name.is_none() => "objects".to_owned(),
        Type::Union(members) if !members.is_empty() => alternatives(members.iter().map(plural)),
        other => other.to_string(),
    }
}

fn one_of(values: &IndexSet<String>) -> String {
    let quote = |value: &String| format!("`{}`", shorten(value));
    match values.first() {
        Some(only) if values.len() == 1 => format!("the string {}", quote(only)),
        _ if values.len() <= SHOWN => {
            format!("one of {}", values.iter().map(quote).collect::<Vec<_>>().join(", "))
        }
        _ => {
            let shown: Vec<_> = values.iter().take(SHOWN).map(quote).collect();
            format!("one of {}, and {} more", shown.join(", "), values.len() - SHOWN)
        }
    }
}

/// Shortens a value to one line: a string value may be a long text.
fn shorten(value: &str) -> String {
    let line = value.chars().take_while(|c| !matches!(c, '\n' | '\r'));
    let mut short: String = line.take(LONGEST).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short
}

fn alternatives(words: impl ExactSizeIterator<Item = String>) -> String {
    /// The most alternatives that are compared to remove duplicates.
    const DISTINCT: usize = 256;
    let count = words.len();
    let words: IndexSet<String> = words.take(DISTINCT).collect();
    let words: Vec<String> = words.into_iter().collect();
    if count > DISTINCT && words.len() > SHOWN {
        let shown: Vec<&str> = words.iter().take(SHOWN).map(String::as_str).collect();
        return format!("{}, or one of {} others", shown.join(", "), count - SHOWN);
    }
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) if rest.len() < SHOWN => format!("{} or {last}", rest.join(", ")),
        Some((_, rest)) => {
            let shown: Vec<&str> = rest.iter().take(SHOWN).map(String::as_str).collect();
            format!("{}, or one of {} others", shown.join(", "), words.len() - SHOWN)
        }
    }
}
