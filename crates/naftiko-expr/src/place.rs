//! Access paths in a normal form: two expressions that read the same value have equal places.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use crate::ast::{Base, Call, Comparison, Expr, ExprKind, Path, Root, Selector};

/// An access path: an origin and its selectors. `first(a)` becomes `a[0]`, `last(a)` becomes `a[-1]`; all ranges are
/// `0..0`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) origin: Origin,
    pub(crate) selectors: Vec<Selector>,
}

/// The value that the selectors start from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// A named root.
    Root(Root),
    /// The item of the innermost predicate.
    Current,
    /// The value of any other expression.
    Value(Box<Expr>),
}

impl Place {
    /// The place that an expression reads; an expression that is not a path becomes an origin without selectors.
    pub(crate) fn of(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Path(path) => {
                let mut place = match &path.base {
                    Base::Root(root, _) => Self::at(Origin::Root(root.clone())),
                    Base::Current(_) => Self::at(Origin::Current),
                    Base::Value(inner) => Self::to_read_on(inner),
                };
                place.selectors.extend(path.selectors.iter().map(|(selector, _)| without_ranges(selector)));
                place
            }
            ExprKind::Call(call) => match (call.function.name(), call.arguments.first()) {
                ("first", Some(list)) => Self::to_read_on(list).item(0),
                ("last", Some(list)) => Self::to_read_on(list).item(-1),
                _ => Self::at(Origin::Value(Box::new(strip(expr)))),
            },
            _ => Self::at(Origin::Value(Box::new(strip(expr)))),
        }
    }

    /// The whole value of a root.
    pub(crate) fn of_root(root: &Root) -> Self {
        Self::at(Origin::Root(root.clone()))
    }

    /// The item of the current predicate.
    pub(crate) fn current() -> Self {
        Self::at(Origin::Current)
    }

    /// The root that the place starts from; `None` if it starts elsewhere.
    pub(crate) fn root(&self) -> Option<&Root> {
        match &self.origin {
            Origin::Root(root) => Some(root),
            Origin::Current | Origin::Value(_) => None,
        }
    }

    fn at(origin: Origin) -> Self {
        Self { origin, selectors: Vec::new() }
    }

    /// The place of an expression that further selectors are read from. A path with `[*]` becomes an origin, since
    /// `(a[*].b)[0]` is not `a[*].b[0]`.
    fn to_read_on(inner: &Expr) -> Self {
        let place = Self::of(inner);
        if place.selectors.contains(&Selector::All) {
            return Self::at(Origin::Value(Box::new(strip(inner))));
        }
        place
    }

    /// The place of an item of this list.
    pub(crate) fn item(mut self, index: i64) -> Self {
        self.selectors.push(Selector::Index(index));
        self
    }

    /// The prefix with this many selectors.
    pub(crate) fn up_to(&self, length: usize) -> Self {
        let selectors = self.selectors.get(..length).unwrap_or(&self.selectors);
        Self { origin: self.origin.clone(), selectors: selectors.to_vec() }
    }

    /// Whether this place is a prefix of the other, or equal to it.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        self.origin == other.origin && other.selectors.starts_with(&self.selectors)
    }

    /// Whether the place is a single value, so that further selectors extend the same path.
    pub(crate) fn is_single(&self) -> bool {
        !self.selectors.contains(&Selector::All)
    }

    /// Whether the place depends on the item of a predicate, so that it has no meaning outside of that predicate.
    pub(crate) fn speaks_of_current(&self) -> bool {
        match &self.origin {
            Origin::Root(_) => false,
            Origin::Current => true,
            Origin::Value(value) => reads_current(value),
        }
    }

    /// Whether the place reads `item`, `index` or `response`, which have a value in one step only.
    pub(crate) fn is_local(&self) -> bool {
        let is_local = |root: &Root| matches!(root, Root::Item | Root::Index | Root::Response);
        let reads_local = |expr: &Expr| {
            let mut references = Vec::new();
            expr.collect_references(&mut references);
            references.iter().any(|reference| is_local(&reference.root))
        };
        let begins = match &self.origin {
            Origin::Root(root) => is_local(root),
            Origin::Current => false,
            Origin::Value(value) => reads_local(value),
        };
        begins || self.selectors.iter().any(|it| matches!(it, Selector::Filter(inner) if reads_local(inner)))
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Root(root) => f.write_str(root.name())?,
            Origin::Current => f.write_str("@")?,
            Origin::Value(value) if self.selectors.is_empty() => value.fmt(f)?,
            Origin::Value(value) => write!(f, "({value})")?,
        }
        self.selectors.iter().try_for_each(|selector| selector.fmt(f))
    }
}

/// Builds a path. The name of a header is converted to lower case, as in `response.headers`: header names are
/// case-insensitive (RFC 9110 §5.1).
pub(crate) fn path(base: Base, mut selectors: Vec<(Selector, Range<usize>)>) -> Path {
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
    Path { base, selectors }
}

/// The root that an expression reads first; `None` if it reads none.
pub(crate) fn root_of(expr: &Expr) -> Option<&Root> {
    match &expr.kind {
        ExprKind::Path(path) => match &path.base {
            Base::Root(root, _) => Some(root),
            Base::Current(_) => None,
            Base::Value(inner) => root_of(inner),
        },
        ExprKind::Call(call) => call.arguments.first().and_then(root_of),
        _ => None,
    }
}

/// Whether an expression reads the `@` of its context. The `@` inside a predicate of its own is a different item.
fn reads_current(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Path(Path { base: Base::Current(_), .. }) => true,
        ExprKind::Path(Path { base: Base::Value(inner), .. }) => reads_current(inner),
        ExprKind::Path(_) => false,
        _ => expr.children().into_iter().any(reads_current),
    }
}

fn without_ranges(selector: &Selector) -> Selector {
    match selector {
        Selector::Filter(predicate) => Selector::Filter(Box::new(strip(predicate))),
        other => other.clone(),
    }
}

/// A copy of the expression with every range set to `0..0`.
fn strip(expr: &Expr) -> Expr {
    let kind = match &expr.kind {
        ExprKind::Literal(value) => ExprKind::Literal(value.clone()),
        ExprKind::List(items) => ExprKind::List(items.iter().map(strip).collect()),
        ExprKind::Not(inner) => ExprKind::Not(Box::new(strip(inner))),
        ExprKind::Logical(operator, operands) => {
            ExprKind::Logical(*operator, operands.iter().map(strip).collect())
        }
        ExprKind::Comparison(comparison) => ExprKind::Comparison(Box::new(Comparison {
            left: strip(&comparison.left),
            comparator: comparison.comparator,
            comparator_range: 0..0,
            right: strip(&comparison.right),
        })),
        ExprKind::Call(call) => ExprKind::Call(Call {
            function: call.function,
            name_range: 0..0,
            arguments: call.arguments.iter().map(strip).collect(),
        }),
        ExprKind::Path(path) => ExprKind::Path(Path {
            base: match &path.base {
                Base::Root(root, _) => Base::Root(root.clone(), 0..0),
                Base::Current(_) => Base::Current(0..0),
                Base::Value(inner) => Base::Value(Box::new(strip(inner))),
            },
            selectors: path.selectors.iter().map(|(selector, _)| (without_ranges(selector), 0..0)).collect(),
        }),
    };
    Expr { kind, range: 0..0 }
}
