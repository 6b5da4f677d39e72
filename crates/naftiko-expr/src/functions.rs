//! The functions of the language: one row each, with its name, parameters, type and value.
//!
//! A function is pure and total. An absent or null argument makes the result absent, unless the parameter takes it
//! (`exists`, and the second argument of `contains`); a value of the wrong type is a type error. The caller decides
//! both before it uses a row.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::budget;
use crate::compare;
use crate::types::{Presence, Type, Typed};
use crate::value::{kind, scalar_text};

/// A function of the language.
pub struct Function {
    name: &'static str,
    parameters: &'static [Parameter],
    summary: &'static str,
    typing: fn(&[Typed]) -> Typed,
    value: fn(&[&Value], &Patterns) -> Result<Option<Value>, Fault>,
}

/// The values that a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Any value; absent counts as null.
    Anything,
    /// Any value that is there, including null.
    Value,
    /// Any value but null.
    Given,
    /// A string.
    Text,
    /// A regular expression.
    Pattern,
    /// A list.
    List,
    /// A list of strings, numbers and booleans.
    Scalars,
    /// A string, a list or an object.
    Sized,
    /// A list or a string.
    Searched,
    /// A string or a number.
    Numeric,
}

/// The reason why a function fails for arguments of the right types.
pub(crate) enum Fault {
    /// The arguments do not fit each other.
    Type(String),
    /// A pattern is not a regular expression, or is too large.
    Pattern,
}

/// All functions, in the order of the documentation.
pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "len",
        parameters: &[Parameter::Sized],
        summary: "the number of characters of a string, items of a list or fields of an object",
        typing: |arguments| same_presence(arguments, Type::Integer),
        value: |arguments, _| Ok(Some(len(argument(arguments, 0)).into())),
    },
    Function {
        name: "exists",
        parameters: &[Parameter::Anything],
        summary: "whether a value is present and not null",
        typing: |_| Typed::always(Type::Boolean),
        value: |arguments, _| Ok(Some((!argument(arguments, 0).is_null()).into())),
    },
    Function {
        name: "first",
        parameters: &[Parameter::List],
        summary: "the first item of a list; absent if it is empty",
        typing: item,
        value: |arguments, _| Ok(list(arguments, 0).first().cloned()),
    },
    Function {
        name: "last",
        parameters: &[Parameter::List],
        summary: "the last item of a list; absent if it is empty",
        typing: item,
        value: |arguments, _| Ok(list(arguments, 0).last().cloned()),
    },
    Function {
        name: "contains",
        parameters: &[Parameter::Searched, Parameter::Value],
        summary: "whether a list has the item, or a string the part",
        typing: |arguments| same_presence(arguments, Type::Boolean),
        value: contains,
    },
    Function {
        name: "startsWith",
        parameters: &[Parameter::Text, Parameter::Text],
        summary: "whether a string begins with another",
        typing: |arguments| same_presence(arguments, Type::Boolean),
        value: |arguments, _| Ok(Some(text(arguments, 0).starts_with(text(arguments, 1)).into())),
    },
    Function {
        name: "endsWith",
        parameters: &[Parameter::Text, Parameter::Text],
        summary: "whether a string ends with another",
        typing: |arguments| same_presence(arguments, Type::Boolean),
        value: |arguments, _| Ok(Some(text(arguments, 0).ends_with(text(arguments, 1)).into())),
    },
    Function {
        name: "matches",
        parameters: &[Parameter::Text, Parameter::Pattern],
        summary: "whether a regular expression matches somewhere in a string; `^` and `$` match its ends",
        typing: |arguments| same_presence(arguments, Type::Boolean),
        value: |arguments, patterns| {
            Ok(Some(patterns.is_match(text(arguments, 1), text(arguments, 0))?.into()))
        },
    },
    Function {
        name: "lower",
        parameters: &[Parameter::Text],
        summary: "a string in lower case",
        typing: |arguments| same_presence(arguments, Type::string()),
        value: |arguments, _| Ok(Some(text(arguments, 0).to_lowercase().into())),
    },
    Function {
        name: "upper",
        parameters: &[Parameter::Text],
        summary: "a string in upper case",
        typing: |arguments| same_presence(arguments, Type::string()),
        value: |arguments, _| Ok(Some(text(arguments, 0).to_uppercase().into())),
    },
    Function {
        name: "trim",
        parameters: &[Parameter::Text],
        summary: "a string without the white space at its ends",
        typing: |arguments| same_presence(arguments, Type::string()),
        value: |arguments, _| Ok(Some(text(arguments, 0).trim().into())),
    },
    Function {
        name: "join",
        parameters: &[Parameter::Scalars, Parameter::Text],
        summary: "the items of a list as one string, with a separator between them",
        typing: |arguments| same_presence(arguments, Type::string()),
        value: |arguments, _| {
            let items: Option<Vec<String>> = list(arguments, 0).iter().map(scalar_text).collect();
            Ok(items.map(|items| items.join(text(arguments, 1)).into()))
        },
    },
    Function {
        name: "split",
        parameters: &[Parameter::Text, Parameter::Text],
        summary: "the parts of a string between separators; its characters if the separator is empty",
        typing: |arguments| same_presence(arguments, Type::list(Type::string())),
        value: |arguments, _| Ok(Some(split(text(arguments, 0), text(arguments, 1)))),
    },
    Function {
        name: "toString",
        parameters: &[Parameter::Given],
        summary: "a value as a string; a list or an object as compact JSON",
        typing: |arguments| same_presence(arguments, Type::string()),
        value: |arguments, _| {
            let value = argument(arguments, 0);
            Ok(Some(scalar_text(value).unwrap_or_else(|| value.to_string()).into()))
        },
    },
    Function {
        name: "toNumber",
        parameters: &[Parameter::Numeric],
        summary: "the number in a string; absent if the string is not a number",
        typing: |arguments| match arguments {
            [number] if Type::Number.accepts(&number.ty) && number.ty != Type::Any => number.clone(),
            _ => weaken(same_presence(arguments, Type::Number)),
        },
        value: |arguments, _| Ok(to_number(argument(arguments, 0))),
    },
];

impl Function {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A description of its value.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// The number of its arguments.
    pub fn arity(&self) -> usize {
        self.parameters.len()
    }

    /// The call in source text: `contains(list or string, value)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<&str> = self.parameters.iter().map(|parameter| parameter.noun()).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }

    pub(crate) fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Whether it has a value for an absent argument.
    pub(crate) fn takes_absent(&self) -> bool {
        self.parameters == [Parameter::Anything]
    }

    /// The type of its value for accepted arguments. An absent argument makes the value absent.
    pub(crate) fn typed(&self, arguments: &[Typed]) -> Typed {
        (self.typing)(arguments)
    }

    /// The work of a call, in addition to reading the arguments, which [`budget::surface`] counts.
    pub(crate) fn work(&self, arguments: &[&Value]) -> u64 {
        match self.name {
            // A regular expression may compare each character of the text with each of its own.
            "matches" => {
                let pattern = u64::try_from(text(arguments, 1).len()).unwrap_or(u64::MAX);
                budget::of_bytes(text(arguments, 0).len()).saturating_mul(pattern)
            }
            "contains" => {
                list(arguments, 0).iter().map(|it| budget::comparison(it, argument(arguments, 1))).sum()
            }
            _ => 0,
        }
    }

    /// The size of its value, estimated from the arguments before the value is created.
    pub(crate) fn size(&self, arguments: &[&Value]) -> u64 {
        let (first, second) = (argument(arguments, 0), text(arguments, 1));
        match self.name {
            "first" => list(arguments, 0).first().map_or(1, budget::size),
            "last" => list(arguments, 0).last().map_or(1, budget::size),
            "split" if second.is_empty() => {
                u64::try_from(text(arguments, 0).chars().count()).unwrap_or(u64::MAX)
            }
            "split" => {
                let parts = text(arguments, 0).matches(second).count();
                budget::size(first).saturating_add(u64::try_from(parts).unwrap_or(u64::MAX))
            }
            "join" => {
                let items = list(arguments, 0);
                let separators = items.len().saturating_mul(second.len());
                budget::size(first).saturating_add(budget::of_bytes(separators))
            }
            "toString" | "lower" | "upper" | "trim" => budget::size(first),
            _ => 1,
        }
    }

    /// Its value for accepted arguments.
    pub(crate) fn apply(&self, arguments: &[&Value], patterns: &Patterns) -> Result<Option<Value>, Fault> {
        (self.value)(arguments, patterns)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Parameter {
    fn noun(self) -> &'static str {
        match self {
            Self::Anything | Self::Value | Self::Given => "value",
            Self::Text => "string",
            Self::Pattern => "pattern",
            Self::List | Self::Scalars => "list",
            Self::Sized => "string, list or object",
            Self::Searched => "list or string",
            Self::Numeric => "string or number",
        }
    }

    pub(crate) fn takes_null(self) -> bool {
        matches!(self, Self::Anything | Self::Value)
    }

    pub(crate) fn ty(self) -> Type {
        let scalars = [Type::string(), Type::Number, Type::Boolean];
        match self {
            Self::Anything | Self::Value | Self::Given => Type::Any,
            Self::Text | Self::Pattern => Type::string(),
            Self::List => Type::list(Type::Any),
            Self::Scalars => Type::list(Type::union(scalars)),
            Self::Sized => Type::union([Type::string(), Type::list(Type::Any), Type::open_object()]),
            Self::Searched => Type::union([Type::list(Type::Any), Type::string()]),
            Self::Numeric => Type::union([Type::string(), Type::Number]),
        }
    }

    pub(crate) fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Anything | Self::Value | Self::Given, _)
            | (Self::Text | Self::Pattern | Self::Sized | Self::Searched | Self::Numeric, Value::String(_))
            | (Self::List | Self::Sized | Self::Searched, Value::Array(_))
            | (Self::Sized, Value::Object(_))
            | (Self::Numeric, Value::Number(_)) => true,
            (Self::Scalars, Value::Array(items)) => items.iter().all(|item| scalar_text(item).is_some()),
            _ => false,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anything | Self::Value | Self::Given => "a value",
            Self::Text => "a string",
            Self::Pattern => "a pattern",
            Self::List => "a list",
            Self::Scalars => "a list of strings, numbers or booleans",
            Self::Sized => "a string, a list or an object",
            Self::Searched => "a list or a string",
            Self::Numeric => "a string or a number",
        })
    }
}

/// The patterns of one evaluation, compiled once each.
#[derive(Default)]
pub(crate) struct Patterns {
    compiled: RefCell<BTreeMap<String, Regex>>,
}

impl Patterns {
    /// The most memory that a compiled pattern takes, in bytes.
    const MAX_SIZE: usize = 1 << 20;
    /// The most patterns that are cached; any further pattern is compiled for each call.
    const MAX_KEPT: usize = 16;

    fn is_match(&self, pattern: &str, text: &str) -> Result<bool, Fault> {
        if let Some(regex) = self.compiled.borrow().get(pattern) {
            return Ok(regex.is_match(text));
        }
        let regex = compile(pattern).map_err(|_| Fault::Pattern)?;
        let answer = regex.is_match(text);
        let mut compiled = self.compiled.borrow_mut();
        if compiled.len() < Self::MAX_KEPT {
            compiled.insert(pattern.to_owned(), regex);
        }
        Ok(answer)
    }
}

/// Compiles a pattern. The error is the reason in one line.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let compiled = RegexBuilder::new(pattern).size_limit(Patterns::MAX_SIZE).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let text = other.to_string();
            let reason = text.lines().last().unwrap_or_default().trim();
            reason.strip_prefix("error: ").unwrap_or(reason).to_owned()
        }
    })
}

fn same_presence(arguments: &[Typed], ty: Type) -> Typed {
    let presences = arguments.iter().map(|argument| argument.presence);
    Typed { ty, presence: presences.reduce(Presence::and).unwrap_or(Presence::Always) }
}

/// The type of an item of a list. It is *maybe* there, since the list may be empty, unless nothing is known of the
/// list.
fn item(arguments: &[Typed]) -> Typed {
    let ty = arguments.first().map_or(Type::Any, |list| list.ty.items().unwrap_or(Type::Any));
    let known = arguments.first().is_some_and(|list| list.ty != Type::Any);
    let typed = same_presence(arguments, ty);
    if known { weaken(typed) } else { typed }
}

fn weaken(typed: Typed) -> Typed {
    Typed { presence: typed.presence.and(Presence::Maybe), ..typed }
}

fn argument<'v>(arguments: &[&'v Value], index: usize) -> &'v Value {
    arguments.get(index).copied().unwrap_or(&Value::Null)
}

fn text<'v>(arguments: &[&'v Value], index: usize) -> &'v str {
    argument(arguments, index).as_str().unwrap_or_default()
}

fn list<'v>(arguments: &[&'v Value], index: usize) -> &'v [Value] {
    argument(arguments, index).as_array().map_or(&[], Vec::as_slice)
}

fn len(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn contains(arguments: &[&Value], _: &Patterns) -> Result<Option<Value>, Fault> {
    let part = argument(arguments, 1);
    let found = match (argument(arguments, 0), part) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::String(_), other) => {
            let message = format!("`contains` expects a string as part of a string, found {}", kind(other));
            return Err(Fault::Type(message));
        }
        (searched, part) => {
            searched.as_array().is_some_and(|items| items.iter().any(|item| compare::equal(item, part)))
        }
    };
    Ok(Some(found.into()))
}

fn split(text: &str, separator: &str) -> Value {
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    text.split(separator).collect()
}

fn to_number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => serde_json::from_str(text.trim()).ok().map(Value::Number),
        _ => None,
    }
}
