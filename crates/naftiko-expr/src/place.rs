//! Where a value is read: the one form in which two expressions that read the same are the same.

use std::fmt::{self, Display, Formatter};

use crate::ast::{Base, Call, Comparison, Expr, ExprKind, Path, Root, Selector};

/// What is read of something, one after the other. `first(a)` is `a[0]`, `last(a)` is `a[-1]`; all ranges are `0..0`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) origin: Origin,
    pub(crate) selectors: Vec<Selector>,
}

/// Where reading begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// At a name.
    Root(Root),
    /// At the item that the innermost predicate looks at.
    Current,
    /// At the value of any other expression.
    Value(Box<Expr>),
}

impl Place {
    /// Where an expression is read; one that is no path is a value of which nothing is read.
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

    /// A root, all of it.
    pub(crate) fn of_root(root: &Root) -> Self {
        Self::at(Origin::Root(root.clone()))
    }

    /// The item that a predicate looks at.
    pub(crate) fn current() -> Self {
        Self::at(Origin::Current)
    }

    /// The root that reading begins at; nothing if it begins elsewhere.
    pub(crate) fn root(&self) -> Option<&Root> {
        match &self.origin {
            Origin::Root(root) => Some(root),
            Origin::Current | Origin::Value(_) => None,
        }
    }

    fn at(origin: Origin) -> Self {
        Self { origin, selectors: Vec::new() }
    }

    /// Where an expression is read of which more is read: `(a[*].b)[0]` is not `a[*].b[0]`.
    fn to_read_on(inner: &Expr) -> Self {
        let place = Self::of(inner);
        if place.selectors.contains(&Selector::All) {
            return Self::at(Origin::Value(Box::new(strip(inner))));
        }
        place
    }

    /// An item of the list that is read there.
    pub(crate) fn item(mut self, index: i64) -> Self {
        self.selectors.push(Selector::Index(index));
        self
    }

    /// The first so many steps of the way.
    pub(crate) fn up_to(&self, length: usize) -> Self {
        let selectors = self.selectors.get(..length).unwrap_or(&self.selectors);
        Self { origin: self.origin.clone(), selectors: selectors.to_vec() }
    }

    /// Whether what is read there is read on the way to another.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        self.origin == other.origin && other.selectors.starts_with(&self.selectors)
    }

    /// Whether one value is read: what is read of it goes on with the same path.
    pub(crate) fn is_single(&self) -> bool {
        !self.selectors.contains(&Selector::All)
    }

    /// Whether it says something of the item of a predicate, so that it means nothing outside of it.
    pub(crate) fn speaks_of_current(&self) -> bool {
        match &self.origin {
            Origin::Root(_) => false,
            Origin::Current => true,
            Origin::Value(value) => reads_current(value),
        }
    }

    /// Whether it looks at what is known in one step only.
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

/// The root that an expression reads, if it reads one.
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

/// Whether an expression reads the `@` around it. That in a predicate of its own is another.
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

/// The same expression with every range `0..0`.
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
