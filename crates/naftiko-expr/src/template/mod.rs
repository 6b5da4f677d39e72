//! Templates: values with expressions in their strings.

mod foreign;
mod typing;

use std::borrow::Cow;
use std::ops::Range;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::Expression;
use crate::budget::Budget;
use crate::evaluate::{Environment, EvaluationError};
use crate::problem::Problem;
use crate::scan;
use crate::value::{kind, scalar_text};

/// A value as an author writes it, with `${…}` in its strings.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// A value without expressions.
    Literal(Value),
    /// A string that is exactly one `${…}`: it evaluates to the value of the expression, of any type.
    Whole(Expression),
    /// A text with expressions in it. It evaluates to a string, even if it has a single piece.
    Text(Vec<Piece>),
    /// A list with expressions in it.
    List(Vec<Template>),
    /// An object with expressions in it.
    Object(IndexMap<String, Template>),
}

/// A piece of a text with expressions in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// The value of an expression.
    Expression(Expression),
}

impl Template {
    /// Parses one string.
    ///
    /// # Errors
    /// The first [`Problem`], with its byte range in the string. The template syntax of other tools is a problem.
    pub fn parse_str(text: &str) -> Result<Self, Problem> {
        match foreign::arazzo(text) {
            Some(problem) => Err(problem),
            None => Self::read(text, true),
        }
    }

    /// Parses one string in which the template syntax of other tools is plain text.
    ///
    /// # Errors
    /// The first [`Problem`], with its byte range in the string.
    pub fn parse_str_with_foreign(text: &str) -> Result<Self, Problem> {
        Self::read(text, false)
    }

    /// A literal value, even if its strings look like templates.
    pub fn literal(value: Value) -> Self {
        Self::Literal(value)
    }

    /// A list of templates; a literal if all items are literals.
    pub fn list(items: Vec<Self>) -> Self {
        let literals: Option<Vec<&Value>> = items.iter().map(Self::as_literal).collect();
        match literals {
            Some(values) => Self::Literal(values.into_iter().cloned().collect()),
            None => Self::List(items),
        }
    }

    /// An object of templates; a literal if all fields are literals.
    pub fn object(fields: IndexMap<String, Self>) -> Self {
        let literals: Option<Vec<(&String, &Value)>> =
            fields.iter().map(|(name, field)| Some((name, field.as_literal()?))).collect();
        match literals {
            Some(values) => {
                let values = values.into_iter().map(|(name, value)| (name.clone(), value.clone()));
                Self::Literal(Value::Object(values.collect()))
            }
            None => Self::Object(fields),
        }
    }

    /// The value, if it contains no expression.
    pub fn as_literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// All its expressions, nested ones included, in order.
    pub fn expressions(&self) -> Vec<&Expression> {
        self.strings()
            .into_iter()
            .flat_map(|(_, string)| string.placed_expressions())
            .map(|(_, found)| found)
            .collect()
    }

    /// All its strings that contain expressions, in order, each with its JSON pointer.
    pub fn strings(&self) -> Vec<(String, &Self)> {
        let mut found = Vec::new();
        self.collect_strings(&mut String::new(), &mut found);
        found
    }

    /// The expressions of one string, each with the byte of the string at which its text begins. Empty for a list or an
    /// object: use its [`strings`](Self::strings).
    pub fn placed_expressions(&self) -> Vec<(usize, &Expression)> {
        match self {
            Self::Whole(expression) => vec![(2, expression)],
            Self::Text(pieces) => {
                let expressions = pieces.iter().filter_map(|piece| match piece {
                    Piece::Expression(expression) => Some(expression),
                    Piece::Text(_) => None,
                });
                write(pieces).1.into_iter().zip(expressions).collect()
            }
            Self::Literal(_) | Self::List(_) | Self::Object(_) => Vec::new(),
        }
    }

    /// Evaluates the template in `env`.
    ///
    /// # Errors
    /// An [`EvaluationError`] if an expression has no value, or a value that cannot be inserted into a text, or if all
    /// expressions together exceed the default [`Budget`].
    pub fn evaluate(&self, env: &dyn Environment) -> Result<Value, EvaluationError> {
        self.evaluate_within(env, &Budget::default())
    }

    /// Like [`evaluate`](Self::evaluate), within a budget that other evaluations share.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_within(&self, env: &dyn Environment, budget: &Budget) -> Result<Value, EvaluationError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Whole(expression) => needed(expression, env, budget),
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(plain) => text.push_str(plain),
                        Piece::Expression(expression) => {
                            text.push_str(&interpolated(expression, env, budget)?);
                        }
                    }
                }
                Ok(Value::String(text))
            }
            Self::List(items) => items.iter().map(|item| item.evaluate_within(env, budget)).collect(),
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, field)| Ok((name.clone(), field.evaluate_within(env, budget)?)));
                fields.collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }

    fn collect_strings<'t>(&'t self, pointer: &mut String, found: &mut Vec<(String, &'t Self)>) {
        let length = pointer.len();
        let mut visit = |token: &str, template: &'t Self| {
            pointer.push('/');
            pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
            template.collect_strings(pointer, found);
            pointer.truncate(length);
        };
        match self {
            Self::Literal(_) => {}
            Self::Whole(_) | Self::Text(_) => found.push((pointer.clone(), self)),
            Self::List(items) => {
                items.iter().enumerate().for_each(|(index, item)| visit(&index.to_string(), item));
            }
            Self::Object(fields) => fields.iter().for_each(|(name, field)| visit(name, field)),
        }
    }

    /// Parses a string. The template syntax of other tools is reported in authored text only; otherwise it is plain
    /// text.
    fn read(text: &str, authored: bool) -> Result<Self, Problem> {
        let foreign_in = |plain: Range<usize>| {
            let found = authored
                .then(|| foreign::braces(text.get(plain.clone()).unwrap_or_default(), plain.start))
                .flatten();
            found.map_or(Ok(()), Err)
        };
        if !text.contains("${") {
            foreign_in(0..text.len())?;
            return Ok(Self::Literal(Value::String(text.to_owned())));
        }
        scan::check_length(text, "a text with `${` in it")?;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(dollar) = find_from(text, at, "${") {
            foreign_in(at..dollar)?;
            plain.push_str(text.get(at..dollar).unwrap_or_default());
            if plain.ends_with('$') && at < dollar {
                // `$${` is a literal `${`; the first `$` is already in the text.
                plain.push('{');
                at = dollar + 2;
                continue;
            }
            if let Some(problem) = foreign::dollar_braces(text, dollar).filter(|_| authored) {
                return Err(problem);
            }
            let inner = scan::hole(text, dollar)?;
            let expression = Expression::parse(text.get(inner.clone()).unwrap_or_default())
                .map_err(|problem| problem.shifted(inner.start))?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Expression(expression));
            at = inner.end + 1;
        }
        foreign_in(at..text.len())?;
        plain.push_str(text.get(at..).unwrap_or_default());
        Ok(Self::assemble(pieces, plain))
    }

    fn assemble(mut pieces: Vec<Piece>, rest: String) -> Self {
        if pieces.is_empty() {
            return Self::Literal(Value::String(rest));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        match pieces.pop() {
            Some(Piece::Expression(only)) if pieces.is_empty() => Self::Whole(only),
            last => {
                pieces.extend(last);
                Self::Text(pieces)
            }
        }
    }

    fn from_value(value: Value) -> Result<Self, Problem> {
        match value {
            Value::String(text) => Self::read(&text, false),
            Value::Array(items) => {
                items.into_iter().map(Self::from_value).collect::<Result<_, _>>().map(Self::list)
            }
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, field)| Ok((name, Self::from_value(field)?)));
                fields.collect::<Result<_, _>>().map(Self::object)
            }
            other => Ok(Self::Literal(other)),
        }
    }

    /// The value as an author would write it.
    fn to_value(&self) -> Value {
        match self {
            Self::Literal(value) => escaped(value),
            Self::Whole(expression) => Value::String(format!("${{{expression}}}")),
            Self::Text(pieces) => Value::String(write(pieces).0),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(fields) => {
                Value::Object(fields.iter().map(|(name, field)| (name.clone(), field.to_value())).collect())
            }
        }
    }
}

/// Writes the source of a text, and the byte at which the source of each expression begins.
fn write(pieces: &[Piece]) -> (String, Vec<usize>) {
    let mut written = String::new();
    let mut offsets = Vec::new();
    let mut plain = String::new();
    if let [Piece::Expression(_)] = pieces {
        // A lone `${…}` would have the type of its expression instead of being a text.
        written.push_str("${''}");
    }
    for piece in pieces {
        match piece {
            Piece::Text(more) => plain.push_str(more),
            Piece::Expression(expression) => {
                // A `$` directly before `${` would escape it.
                let without = plain.trim_end_matches('$').len();
                let dollars = plain.split_off(without);
                written.push_str(&escape(&plain));
                plain.clear();
                if !dollars.is_empty() {
                    written.extend(["${'", dollars.as_str(), "'}"]);
                }
                written.push_str("${");
                offsets.push(written.len());
                written.push_str(expression.text());
                written.push('}');
            }
        }
    }
    written.push_str(&escape(&plain));
    (written, offsets)
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(value).map_err(|problem| serde::de::Error::custom(problem.message))
    }
}

fn escape(plain: &str) -> Cow<'_, str> {
    if plain.contains("${") { Cow::Owned(plain.replace("${", "$${")) } else { Cow::Borrowed(plain) }
}

fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape(text).into_owned()),
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), escaped(field))).collect())
        }
        other => other.clone(),
    }
}

fn needed(expression: &Expression, env: &dyn Environment, budget: &Budget) -> Result<Value, EvaluationError> {
    let absent =
        || EvaluationError::Unresolved { expression: expression.text().trim().to_owned(), null: false };
    expression.evaluate_within(env, budget)?.ok_or_else(absent)
}

fn interpolated(
    expression: &Expression,
    env: &dyn Environment,
    budget: &Budget,
) -> Result<String, EvaluationError> {
    let value = needed(expression, env, budget)?;
    scalar_text(&value).ok_or_else(|| {
        let expression = expression.text().trim().to_owned();
        if value.is_null() {
            return EvaluationError::Unresolved { expression, null: true };
        }
        let message = format!("a text cannot contain {}", kind(&value));
        EvaluationError::Type { expression, message, reading: false }
    })
}

fn find_from(text: &str, at: usize, pattern: &str) -> Option<usize> {
    Some(at + text.get(at..)?.find(pattern)?)
}
