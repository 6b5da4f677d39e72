//! The syntax tree.

use std::ops::Range;

use serde_json::Value;

use crate::compare::Comparator;
use crate::functions::Function;

/// An expression and the bytes it was parsed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The kind of expression, with its parts.
    pub kind: ExprKind,
    /// The bytes in the text of its [`Expression`](crate::Expression), brackets included.
    pub range: Range<usize>,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `'text'`, `12`, `true`, `null`.
    Literal(Value),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `inputs.name`, `first(x).id`, `@`.
    Path(Path),
    /// `!a`.
    Not(Box<Expr>),
    /// `a && b && c`: two or more operands joined by one operator; one flat node, so that a long chain does not nest.
    Logical(Logical, Vec<Expr>),
    /// `a == b`.
    Comparison(Box<Comparison>),
    /// `len(a)`.
    Call(Call),
}

/// An operator that evaluates only as many operands as it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logical {
    /// `||`: true if one operand is true; the operands after the first true one are not evaluated.
    Or,
    /// `&&`: true if all operands are true; the operands after the first false one are not evaluated.
    And,
    /// `??`: the first operand that is neither absent nor null.
    Coalesce,
}

impl Logical {
    /// The operator in source text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Coalesce => "??",
        }
    }
}

/// A comparison of two values.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The value on the left.
    pub left: Expr,
    /// The operator.
    pub comparator: Comparator,
    /// The bytes of the operator.
    pub comparator_range: Range<usize>,
    /// The value on the right.
    pub right: Expr,
}

/// A function call, with exactly as many arguments as the function takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub function: &'static Function,
    /// The bytes of its name.
    pub name_range: Range<usize>,
    /// The arguments, in order.
    pub arguments: Vec<Expr>,
}

/// A base value and the selectors that are read from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The value that the selectors start from.
    pub base: Base,
    /// The selectors in order, each with its bytes.
    pub selectors: Vec<(Selector, Range<usize>)>,
}

/// The start of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// `inputs`, a step, …
    Root(Root, Range<usize>),
    /// `@`: the current item of the innermost predicate.
    Current(Range<usize>),
    /// A call or a parenthesized expression.
    Value(Box<Expr>),
}

/// A name that a path starts with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `inputs`: an object of all inputs.
    Inputs,
    /// The result of a step, by the step's id.
    Step(String),
    /// `item`: the current item of a `forEach`.
    Item,
    /// `index`: the position of `item`, from 0.
    Index,
    /// `response`: the response to the step's own call.
    Response,
    /// `run`: data about the run itself.
    Run,
}

impl Root {
    /// The root that a name refers to. Every name that is not a reserved word is the id of a step.
    pub fn from_name(name: &str) -> Self {
        Self::reserved().find(|root| root.name() == name).unwrap_or_else(|| Self::Step(name.to_owned()))
    }

    /// The root in source text.
    pub fn name(&self) -> &str {
        match self {
            Self::Inputs => "inputs",
            Self::Step(id) => id,
            Self::Item => "item",
            Self::Index => "index",
            Self::Response => "response",
            Self::Run => "run",
        }
    }

    /// The roots that are reserved words: all but steps.
    pub fn reserved() -> impl Iterator<Item = Self> {
        [Self::Inputs, Self::Item, Self::Index, Self::Response, Self::Run].into_iter()
    }
}

/// One selector of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// `.name`, `['any key']`: the field of an object.
    Field(String),
    /// `[0]`, `[-1]`: the item of a list.
    Index(i64),
    /// `[*]`: each item of a list; the following selectors apply to each item.
    All,
    /// `[? predicate]`: the items of a list for which the predicate is true.
    Filter(Box<Expr>),
}

/// A selector that selects at most one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The field of an object.
    Field(String),
    /// The item of a list, counted from the end if negative.
    Index(i64),
}

impl From<Segment> for Selector {
    fn from(segment: Segment) -> Self {
        match segment {
            Segment::Field(name) => Self::Field(name),
            Segment::Index(index) => Self::Index(index),
        }
    }
}

/// A path that starts at a root: a value that an expression reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The root.
    pub root: Root,
    /// The bytes of the root's name.
    pub root_range: Range<usize>,
    /// The selectors in order, each with its bytes.
    pub segments: Vec<(Selector, Range<usize>)>,
    /// The bytes of the whole path.
    pub range: Range<usize>,
}

impl Reference {
    /// The leading segments that each select one value: up to the first `[*]` or `[? …]`.
    pub fn fixed_path(&self) -> Vec<Segment> {
        let fixed = self.segments.iter().map_while(|(selector, _)| match selector {
            Selector::Field(name) => Some(Segment::Field(name.clone())),
            Selector::Index(index) => Some(Segment::Index(*index)),
            Selector::All | Selector::Filter(_) => None,
        });
        fixed.collect()
    }
}

impl Expr {
    /// The direct subexpressions, in source order.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal(_) => Vec::new(),
            ExprKind::List(items) | ExprKind::Logical(_, items) => items.iter().collect(),
            ExprKind::Not(inner) => vec![inner],
            ExprKind::Comparison(comparison) => vec![&comparison.left, &comparison.right],
            ExprKind::Call(call) => call.arguments.iter().collect(),
            ExprKind::Path(path) => {
                let base = match &path.base {
                    Base::Value(inner) => Some(inner.as_ref()),
                    Base::Root(..) | Base::Current(_) => None,
                };
                let predicates = path.selectors.iter().filter_map(|(selector, _)| match selector {
                    Selector::Filter(predicate) => Some(predicate.as_ref()),
                    _ => None,
                });
                base.into_iter().chain(predicates).collect()
            }
        }
    }

    /// Appends every path that starts at a root in this expression, in source order.
    pub(crate) fn collect_references(&self, found: &mut Vec<Reference>) {
        if let ExprKind::Path(Path { base: Base::Root(root, root_range), selectors }) = &self.kind {
            let end = selectors.last().map_or(root_range.end, |(_, range)| range.end);
            found.push(Reference {
                root: root.clone(),
                root_range: root_range.clone(),
                segments: selectors.clone(),
                range: root_range.start..end,
            });
        }
        for child in self.children() {
            child.collect_references(found);
        }
    }
}
