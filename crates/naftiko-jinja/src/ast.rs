//! The syntax tree of a template. Chains are flat, so that only brackets and blocks nest, and those are limited.

use std::ops::Range;

use serde_json::Value;

use crate::compare::Comparator;
use crate::filters::Filter;
use crate::number::Operator;
use crate::value_tests::Test;

/// A part of a template.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Literal text.
    Text(String),
    /// `{{ … }}`
    Show(Expr),
    /// `{% if … %}` with its `elif`s, and its `else`.
    If { branches: Vec<(Expr, Vec<Node>)>, otherwise: Vec<Node> },
    /// `{% for … in … %}`
    For(Box<For>),
    /// `{% set … = … %}`
    Set { name: String, value: Expr },
}

/// A loop.
#[derive(Debug, Clone)]
pub(crate) struct For {
    /// One name, or several names for the parts of each item.
    pub(crate) names: Vec<String>,
    pub(crate) list: Expr,
    /// The condition on items; `None` for all items.
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Vec<Node>,
    /// The part that is rendered if there is no item.
    pub(crate) otherwise: Vec<Node>,
}

/// An expression, with its byte range.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Literal(Value),
    Name(String),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// `and`, `or`: the first operand that decides.
    Logical {
        is_or: bool,
        operands: Vec<Expr>,
    },
    /// Operators of one precedence, from left to right.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
    /// `a < b <= c`
    Compare(Box<Expr>, Vec<(Comparator, Expr)>),
    /// `a if b else c`
    Choice {
        test: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    /// A value with the accesses, filters and tests applied to it, in order.
    Postfix(Box<Expr>, Vec<Suffix>),
}

#[derive(Debug, Clone)]
pub(crate) enum Suffix {
    Field(String),
    Index(Expr),
    Slice { start: Option<Expr>, stop: Option<Expr> },
    Filter { filter: &'static Filter, arguments: Vec<Option<Expr>> },
    Test { test: &'static Test, argument: Option<Expr>, is_negated: bool },
}
