//! The dynamic evaluator. Its static counterpart, the module `typing`, predicts the result of each operation here.
//!
//! Messages never show a value, since it may be sensitive.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::ast::{Base, Call, Comparison, Expr, ExprKind, Logical, Path, Root, Selector};
use crate::budget::{self, Bound, Budget};
use crate::compare::{self, Comparator};
use crate::copy::copied;
use crate::functions::{Fault, Patterns};
use crate::value::kind;

/// Provides the values of the roots of paths.
pub trait Environment {
    /// The value of a root. `None` if it is absent, like the result of a skipped step.
    fn root(&self, root: &Root) -> Option<&Value>;

    /// The value of one field of a root, for an environment that can provide it without assembling the whole root.
    /// `None` if it cannot: the field is then read from [`root`](Self::root). `Some(None)` if the field is absent.
    fn field(&self, _root: &Root, _name: &str) -> Option<Option<&Value>> {
        None
    }
}

/// The reason why an evaluation fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationError {
    /// A required value is absent, or is null where null does not count as a value.
    Unresolved {
        /// The source text of what was read.
        expression: String,
        /// Whether the value is null rather than absent.
        null: bool,
    },
    /// A value has a type that cannot be used in this way.
    Type {
        /// The source text of what was evaluated.
        expression: String,
        /// The expected type and the actual type.
        message: String,
        /// Whether a path could not be followed; otherwise a value was used as an operand or argument of the wrong
        /// type.
        reading: bool,
    },
    /// A pattern is not a regular expression, or is too large.
    Pattern {
        /// The source text of the call.
        expression: String,
    },
    /// The evaluation exceeds its [`Budget`].
    Exhausted {
        /// The source text of the whole expression.
        expression: String,
        /// The limit that is exceeded.
        bound: Bound,
    },
}

impl EvaluationError {
    /// The source text of what could not be evaluated.
    pub fn expression(&self) -> &str {
        match self {
            Self::Unresolved { expression, .. }
            | Self::Type { expression, .. }
            | Self::Pattern { expression }
            | Self::Exhausted { expression, .. } => expression,
        }
    }

    /// Whether a value is absent or null, so that a later attempt may succeed.
    pub fn is_unresolved(&self) -> bool {
        matches!(self, Self::Unresolved { .. })
    }

    /// Whether a [`Budget`] was exceeded, which does not depend on a single value.
    pub fn is_exhausted(&self) -> bool {
        matches!(self, Self::Exhausted { .. })
    }

    /// Whether the value is missing or its path cannot be followed. `??` and `exists` tolerate both.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Unresolved { .. } | Self::Type { reading: true, .. })
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved { expression, null: false } => write!(f, "`{expression}` is absent"),
            Self::Unresolved { expression, null: true } => write!(f, "`{expression}` is null"),
            Self::Type { expression, message, .. } => write!(f, "{message} in `{expression}`"),
            Self::Pattern { expression } => {
                write!(f, "the pattern is not a regular expression, or is too large, in `{expression}`")
            }
            Self::Exhausted { expression, bound: Bound::Work } => {
                write!(f, "`{expression}` needs too many steps for these values")
            }
            Self::Exhausted { expression, bound: Bound::Size } => {
                write!(f, "the values that `{expression}` makes are too large")
            }
        }
    }
}

impl std::error::Error for EvaluationError {}

type Found<'a> = Result<Option<Cow<'a, Value>>, EvaluationError>;

/// Evaluates the parts of one expression.
pub(crate) struct Evaluator<'e> {
    env: &'e dyn Environment,
    text: &'e str,
    patterns: Patterns,
    budget: &'e Budget,
}

impl<'e> Evaluator<'e> {
    pub(crate) fn new(env: &'e dyn Environment, text: &'e str, budget: &'e Budget) -> Self {
        Self { env, text, patterns: Patterns::default(), budget }
    }

    fn exhausted(&self, bound: Bound) -> EvaluationError {
        EvaluationError::Exhausted { expression: self.text.to_owned(), bound }
    }

    fn spend(&self, work: u64) -> Result<(), EvaluationError> {
        self.budget.spend(work).map_err(|bound| self.exhausted(bound))
    }

    fn make(&self, size: u64) -> Result<(), EvaluationError> {
        self.budget.make(size).map_err(|bound| self.exhausted(bound))
    }

    /// An owned value, copied if it belongs to the environment.
    fn owned(&self, value: Cow<'_, Value>) -> Result<Value, EvaluationError> {
        match value {
            Cow::Borrowed(value) => {
                self.budget.copy(value).map_err(|bound| self.exhausted(bound))?;
                Ok(copied(value))
            }
            Cow::Owned(value) => Ok(value),
        }
    }

    /// The value of the whole expression.
    pub(crate) fn value(&self, expr: &Expr) -> Result<Option<Value>, EvaluationError> {
        self.find(expr, None)?.map(|value| self.owned(value)).transpose()
    }

    /// The value of an expression; `current` is the value of `@`.
    fn find<'a>(&'a self, expr: &'a Expr, current: Option<&'a Value>) -> Found<'a> {
        self.spend(1)?;
        match &expr.kind {
            ExprKind::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.owned(self.needed(item, current)?));
                Ok(Some(Cow::Owned(Value::Array(items.collect::<Result<_, _>>()?))))
            }
            ExprKind::Path(path) => self.path(path, current),
            ExprKind::Not(inner) => Ok(Some(boolean(!self.condition(inner, current)?))),
            ExprKind::Logical(Logical::Coalesce, operands) => self.coalesce(operands, current),
            ExprKind::Logical(operator, operands) => {
                let decisive = *operator == Logical::Or;
                for operand in operands {
                    if self.condition(operand, current)? == decisive {
                        return Ok(Some(boolean(decisive)));
                    }
                }
                Ok(Some(boolean(!decisive)))
            }
            ExprKind::Comparison(comparison) => self.comparison(comparison, current),
            ExprKind::Call(call) => self.call(expr, call, current),
        }
    }

    /// The value of an expression; absent if evaluating it finds a required value absent or null.
    fn lenient<'a>(&'a self, expr: &'a Expr, current: Option<&'a Value>) -> Found<'a> {
        match self.find(expr, current) {
            Err(error) if error.is_unresolved() => Ok(None),
            found => found,
        }
    }

    /// The value of an expression; absent if a value in it is absent or null, or its path cannot be followed.
    fn covered<'a>(&'a self, expr: &'a Expr, current: Option<&'a Value>) -> Found<'a> {
        match self.find(expr, current) {
            Err(error) if error.is_missing() => Ok(None),
            found => found,
        }
    }

    /// The value of an expression that has to be there.
    fn needed<'a>(
        &'a self,
        expr: &'a Expr,
        current: Option<&'a Value>,
    ) -> Result<Cow<'a, Value>, EvaluationError> {
        self.find(expr, current)?.ok_or_else(|| self.unresolved(expr, false))
    }

    fn condition(&self, expr: &Expr, current: Option<&Value>) -> Result<bool, EvaluationError> {
        match self.needed(expr, current)?.as_ref() {
            Value::Bool(value) => Ok(*value),
            Value::Null => Err(self.unresolved(expr, true)),
            other => Err(self.mismatch(expr, "a condition", "a boolean", other)),
        }
    }

    fn coalesce<'a>(&'a self, operands: &'a [Expr], current: Option<&'a Value>) -> Found<'a> {
        let Some((last, others)) = operands.split_last() else { return Ok(None) };
        for operand in others {
            if let Some(value) = self.covered(operand, current)?.filter(|value| !value.is_null()) {
                return Ok(Some(value));
            }
        }
        self.find(last, current)
    }

    fn comparison<'a>(&'a self, comparison: &'a Comparison, current: Option<&'a Value>) -> Found<'a> {
        let left = self.lenient(&comparison.left, current)?;
        let right = self.lenient(&comparison.right, current)?;
        let holds = match (comparison.comparator, left.as_deref(), right.as_deref()) {
            (Comparator::In, _, None | Some(Value::Null)) | (Comparator::In, None, Some(Value::Array(_))) => {
                false
            }
            (Comparator::In, Some(left), Some(Value::Array(items))) => {
                let mut is_in = false;
                for item in items {
                    self.spend(budget::comparison(left, item))?;
                    is_in = compare::equal(left, item);
                    if is_in {
                        break;
                    }
                }
                is_in
            }
            (Comparator::In, left, Some(Value::Object(fields))) => {
                left.and_then(Value::as_str).is_some_and(|key| fields.contains_key(key))
            }
            (Comparator::In, _, Some(other)) => {
                return Err(self.mismatch(&comparison.right, "`in`", "a list or an object", other));
            }
            (comparator, left, right) => {
                self.spend(left.zip(right).map_or(1, |(left, right)| budget::comparison(left, right)))?;
                compare::compare(comparator, left, right)
            }
        };
        Ok(Some(boolean(holds)))
    }

    fn call<'a>(&'a self, expr: &'a Expr, call: &'a Call, current: Option<&'a Value>) -> Found<'a> {
        let function = call.function;
        let mut values = Vec::with_capacity(call.arguments.len());
        for (argument, parameter) in call.arguments.iter().zip(function.parameters()) {
            let found = if function.takes_absent() {
                self.covered(argument, current)?.unwrap_or(Cow::Owned(Value::Null))
            } else {
                match self.find(argument, current)? {
                    Some(value) if !value.is_null() || parameter.takes_null() => value,
                    _ => return Ok(None),
                }
            };
            if !parameter.admits(&found) {
                let subject = format!("`{}`", function.name());
                return Err(self.mismatch(argument, &subject, &parameter.to_string(), &found));
            }
            self.spend(budget::surface(&found))?;
            values.push(found);
        }
        let values: Vec<&Value> = values.iter().map(AsRef::as_ref).collect();
        self.spend(function.work(&values))?;
        self.make(function.size(&values))?;
        function.apply(&values, &self.patterns).map(|value| value.map(Cow::Owned)).map_err(
            |fault| match fault {
                Fault::Type(message) => {
                    EvaluationError::Type { expression: self.written(expr), message, reading: false }
                }
                Fault::Pattern => EvaluationError::Pattern { expression: self.written(expr) },
            },
        )
    }

    fn path<'a>(&'a self, path: &'a Path, current: Option<&'a Value>) -> Found<'a> {
        let mut selectors = path.selectors.as_slice();
        let (base, start) = match &path.base {
            Base::Root(root, range) => {
                let known = selectors.split_first().and_then(|((selector, _), rest)| match selector {
                    Selector::Field(name) => Some((self.env.field(root, name)?, rest)),
                    _ => None,
                });
                let value = match known {
                    Some((value, rest)) => {
                        selectors = rest;
                        value
                    }
                    None => self.env.root(root),
                };
                (value.map(Cow::Borrowed), range.start)
            }
            Base::Current(range) => (current.map(Cow::Borrowed), range.start),
            Base::Value(inner) => (self.find(inner, current)?, inner.range.start),
        };
        let mut focus = Focus::One(base);
        for (selector, range) in selectors {
            focus = focus.read(self, selector).map_err(|wrong| match wrong {
                Wrong::Kind(message) => {
                    let expression = self.text.get(start..range.end).unwrap_or_default().to_owned();
                    EvaluationError::Type { expression, message, reading: true }
                }
                Wrong::Inside(error) => error,
            })?;
        }
        focus.into_value(self)
    }

    /// Whether a predicate selects an item: only if it is true; not if a value in it is absent, null or unreadable.
    fn keeps(&self, predicate: &Expr, item: &Value) -> Result<bool, EvaluationError> {
        match self.budget.in_passing(|| self.condition(predicate, Some(item))) {
            Err(error) if error.is_missing() => Ok(false),
            answer => answer,
        }
    }

    fn written(&self, expr: &Expr) -> String {
        self.text.get(expr.range.clone()).unwrap_or_default().to_owned()
    }

    fn unresolved(&self, expr: &Expr, null: bool) -> EvaluationError {
        EvaluationError::Unresolved { expression: self.written(expr), null }
    }

    fn mismatch(&self, expr: &Expr, subject: &str, expected: &str, found: &Value) -> EvaluationError {
        let message = format!("{subject} expects {expected}, found {}", kind(found));
        EvaluationError::Type { expression: self.written(expr), message, reading: false }
    }
}

fn boolean<'a>(value: bool) -> Cow<'a, Value> {
    Cow::Owned(Value::Bool(value))
}

/// The reason why a selector cannot be read.
enum Wrong {
    /// The value has the wrong type.
    Kind(String),
    /// A predicate failed.
    Inside(EvaluationError),
}

/// The state of reading a path: one value, or several after `[*]`.
enum Focus<'a> {
    One(Option<Cow<'a, Value>>),
    Many(Vec<Cow<'a, Value>>),
}

impl<'a> Focus<'a> {
    fn read(self, evaluator: &Evaluator<'_>, selector: &Selector) -> Result<Self, Wrong> {
        if matches!(selector, Selector::All) {
            return self.spread(evaluator);
        }
        match self {
            Self::One(None) => Ok(Self::One(None)),
            Self::One(Some(value)) => Ok(Self::One(select(evaluator, value, selector)?)),
            Self::Many(values) => {
                let selected = values.into_iter().map(|value| select(evaluator, value, selector));
                Ok(Self::Many(selected.filter_map(Result::transpose).collect::<Result<_, _>>()?))
            }
        }
    }

    fn spread(self, evaluator: &Evaluator<'_>) -> Result<Self, Wrong> {
        match self {
            Self::One(None) => Ok(Self::One(None)),
            Self::One(Some(value)) => Ok(items(evaluator, value)?.map_or(Self::One(None), Self::Many)),
            Self::Many(values) => {
                let mut all = Vec::new();
                for value in values {
                    all.extend(items(evaluator, value)?.into_iter().flatten());
                }
                Ok(Self::Many(all))
            }
        }
    }

    fn into_value(self, evaluator: &Evaluator<'_>) -> Found<'a> {
        match self {
            Self::One(value) => Ok(value),
            Self::Many(values) => {
                let values = values.into_iter().map(|value| evaluator.owned(value));
                Ok(Some(Cow::Owned(Value::Array(values.collect::<Result<_, _>>()?))))
            }
        }
    }
}

/// Reads one selector of one value. `None` if the value is null or has no such part.
fn select<'a>(
    evaluator: &Evaluator<'_>,
    value: Cow<'a, Value>,
    selector: &Selector,
) -> Result<Option<Cow<'a, Value>>, Wrong> {
    if value.is_null() {
        return Ok(None);
    }
    match selector {
        Selector::Field(name) => match value {
            Cow::Borrowed(Value::Object(fields)) => Ok(fields.get(name).map(Cow::Borrowed)),
            Cow::Owned(Value::Object(mut fields)) => Ok(fields.swap_remove(name).map(Cow::Owned)),
            other => Err(Wrong::Kind(format!("expected an object, found {}", kind(&other)))),
        },
        Selector::Index(index) => {
            if let Cow::Borrowed(Value::Array(items)) = value {
                return Ok(place(*index, items.len()).and_then(|place| items.get(place)).map(Cow::Borrowed));
            }
            let Some(mut items) = items(evaluator, value)? else { return Ok(None) };
            Ok(place(*index, items.len()).map(|place| items.swap_remove(place)))
        }
        Selector::Filter(predicate) => {
            let Some(items) = items(evaluator, value)? else { return Ok(None) };
            let mut kept = Vec::new();
            for item in items {
                if evaluator.keeps(predicate, &item).map_err(Wrong::Inside)? {
                    kept.push(evaluator.owned(item).map_err(Wrong::Inside)?);
                }
            }
            Ok(Some(Cow::Owned(Value::Array(kept))))
        }
        Selector::All => Ok(Some(value)),
    }
}

/// The items of a list; `None` for null.
fn items<'a>(evaluator: &Evaluator<'_>, value: Cow<'a, Value>) -> Result<Option<Vec<Cow<'a, Value>>>, Wrong> {
    let length = value.as_array().map_or(0, Vec::len);
    evaluator.spend(u64::try_from(length).unwrap_or(u64::MAX)).map_err(Wrong::Inside)?;
    match value {
        Cow::Borrowed(Value::Array(items)) => Ok(Some(items.iter().map(Cow::Borrowed).collect())),
        Cow::Owned(Value::Array(items)) => Ok(Some(items.into_iter().map(Cow::Owned).collect())),
        other if other.is_null() => Ok(None),
        other => Err(Wrong::Kind(format!("expected a list, found {}", kind(&other)))),
    }
}

/// The position of an index in a list of this length, counted from the end if negative; `None` if out of range.
fn place(index: i64, length: usize) -> Option<usize> {
    let place = match usize::try_from(index) {
        Ok(place) => place,
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    (place < length).then_some(place)
}
