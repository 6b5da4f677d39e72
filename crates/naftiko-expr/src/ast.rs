//! The syntax tree.

use std::ops::Range;

use serde_json::Value;

use crate::functions::Function;
use crate::place::{Origin, Place};

/// An expression and the bytes it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the text of its [`Expression`](crate::Expression), brackets included.
    pub range: Range<usize>,
}

/// What an expression can be.
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
    /// `a && b && c`: two or more operands joined by one operator, so that a long run does not nest.
    Logical(Logical, Vec<Expr>),
    /// `a == b`.
    Comparison(Box<Comparison>),
    /// `len(a)`.
    Call(Call),
}

/// An operator that decides which operands are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logical {
    /// `||`: true if one is; what follows the first true one is not looked at.
    Or,
    /// `&&`: true if all are; what follows the first false one is not looked at.
    And,
    /// `??`: the first that is neither absent nor null.
    Coalesce,
}

impl Logical {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Coalesce => "??",
        }
    }
}

/// Two values held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The value on the left.
    pub left: Expr,
    /// How they are compared.
    pub comparator: Comparator,
    /// Where that is written.
    pub comparator_range: Range<usize>,
    /// The value on the right.
    pub right: Expr,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
}

impl Comparator {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// A function and its arguments: as many as it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub function: &'static Function,
    /// Where its name is written.
    pub name_range: Range<usize>,
    /// What it is given.
    pub arguments: Vec<Expr>,
}

/// Something, and what is read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where reading begins.
    pub base: Base,
    /// What is read, one after the other, each with its place.
    pub selectors: Vec<(Selector, Range<usize>)>,
}

impl Path {
    /// A path; the name of a header is put into lower case, as `response.headers` holds it: names of headers have no
    /// case (RFC 9110 §5.1).
    pub(crate) fn new(base: Base, mut selectors: Vec<(Selector, Range<usize>)>) -> Self {
        let before = match &base {
            Base::Root(Root::Response, _) => Some(Vec::new()),
            Base::Value(inner) => Some(Place::of(inner))
                .filter(|place| place.origin == Origin::Root(Root::Response))
                .map(|place| place.selectors),
            Base::Root(..) | Base::Current(_) => None,
        };
        if let Some(mut before) = before {
            let written = selectors.iter_mut().map(|(selector, _)| selector);
            let mut path = before.iter_mut().chain(written);
            let is_headers = |selector: &mut Selector| *selector == Selector::Field("headers".to_owned());
            if path.next().is_some_and(is_headers)
                && let Some(Selector::Field(name)) = path.next()
            {
                name.make_ascii_lowercase();
            }
        }
        Self { base, selectors }
    }
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// `inputs`, a step, …
    Root(Root, Range<usize>),
    /// `@`: the item that the innermost predicate looks at.
    Current(Range<usize>),
    /// A call or a group.
    Value(Box<Expr>),
}

/// A name that values are read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `inputs`: an object of all inputs.
    Inputs,
    /// The result of a step, by the step's id.
    Step(String),
    /// `item`: what a `forEach` is at.
    Item,
    /// `index`: the place of `item`, from 0.
    Index,
    /// `response`: what the step's own call was answered.
    Response,
    /// `run`: the run itself.
    Run,
}

impl Root {
    /// The root of a name. Every name that is not a word of the language is the id of a step.
    pub fn from_name(name: &str) -> Self {
        Self::reserved().find(|root| root.name() == name).unwrap_or_else(|| Self::Step(name.to_owned()))
    }

    /// As it is written.
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

    /// The roots that are words of the language.
    pub fn reserved() -> impl Iterator<Item = Self> {
        [Self::Inputs, Self::Item, Self::Index, Self::Response, Self::Run].into_iter()
    }
}

/// What one part of a path reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// `.name`, `['any key']`: the field of an object.
    Field(String),
    /// `[0]`, `[-1]`: the item of a list.
    Index(i64),
    /// `[*]`: each item of a list; what follows is read of each.
    All,
    /// `[? predicate]`: the items of a list for which it is true.
    Filter(Box<Expr>),
}

/// A part of a path that reads one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The field of an object.
    Field(String),
    /// The item of a list, counted from its end if negative.
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

/// A path that begins at a root: something that an expression reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Where reading begins.
    pub root: Root,
    /// Where that is written.
    pub root_range: Range<usize>,
    /// What is read, one after the other, each with its place.
    pub segments: Vec<(Selector, Range<usize>)>,
    /// Where all of it is written.
    pub range: Range<usize>,
}

impl Reference {
    /// The leading segments that read one place: up to the first `[*]` or `[? …]`.
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
    /// The expressions directly inside this one, in the order they are written.
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

    /// Adds every path with a root that this expression reads, in order.
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
