//! Rejections: why an argument cannot be sent, and which part of it is at fault.

use naftiko_adapter::{Failure, FailureKind, Place};
use naftiko_schema::token;

/// The reason why a request cannot be sent. A retry does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The argument at fault.
    pub target: Target,
    /// The part of the argument that is at fault: a JSON pointer, empty for the whole argument.
    pub pointer: String,
    /// A message of one line, which never shows the value.
    pub message: String,
}

/// The part of a call that a refusal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The operation itself, independent of its arguments.
    Operation,
    /// A parameter, by its place and name.
    Parameter(Place, String),
    /// The body.
    Body,
}

impl Refusal {
    pub(crate) fn of_operation(message: impl Into<String>) -> Self {
        Problem::new(message).at(Target::Operation)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(FailureKind::Refused, refusal.message)
    }
}

/// A refusal whose argument is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The reference tokens of the JSON pointer, innermost first.
    tokens: Vec<String>,
    message: String,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { tokens: Vec::new(), message: message.into() }
    }

    /// Extends the pointer: the part at fault is inside the list or object at `token`.
    pub(crate) fn within(mut self, token: impl Into<Token>) -> Self {
        self.tokens.push(token.into().0);
        self
    }

    pub(crate) fn at(self, target: Target) -> Refusal {
        let mut pointer = String::new();
        for token in self.tokens.iter().rev() {
            pointer.push('/');
            pointer.push_str(&token::escaped(token));
        }
        Refusal { target, pointer, message: self.message }
    }
}

/// A reference token of a JSON pointer: a key, or the position of an item.
pub(crate) struct Token(String);

impl From<usize> for Token {
    fn from(at: usize) -> Self {
        Self(at.to_string())
    }
}

impl From<&str> for Token {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl From<&String> for Token {
    fn from(key: &String) -> Self {
        Self(key.clone())
    }
}

impl From<String> for Token {
    fn from(key: String) -> Self {
        Self(key)
    }
}
