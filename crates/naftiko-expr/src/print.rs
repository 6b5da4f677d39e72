//! Syntax tree → text: each tree has one canonical text, which parses to the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use serde_json::Value;

use crate::ast::{Base, Expr, ExprKind, Logical, Path, Selector};
use crate::{literal, parse};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(value) => write_literal(f, value),
            ExprKind::List(items) => {
                f.write_char('[')?;
                write_separated(f, items)?;
                f.write_char(']')
            }
            ExprKind::Path(path) => path.fmt(f),
            ExprKind::Not(inner) => {
                f.write_char('!')?;
                write_operand(f, inner, binding(inner) == Binding::Operand)
            }
            ExprKind::Logical(operator, operands) => {
                for (index, operand) in operands.iter().enumerate() {
                    if index > 0 {
                        write!(f, " {} ", operator.as_str())?;
                    }
                    write_operand(f, operand, binding(operand) > binding(self))?;
                }
                Ok(())
            }
            ExprKind::Comparison(comparison) => {
                write_operand(f, &comparison.left, binding(&comparison.left) > binding(self))?;
                write!(f, " {} ", comparison.comparator.as_str())?;
                write_operand(f, &comparison.right, binding(&comparison.right) > binding(self))
            }
            ExprKind::Call(call) => {
                write!(f, "{}(", call.function.name())?;
                write_separated(f, &call.arguments)?;
                f.write_char(')')
            }
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.base {
            Base::Root(root, _) => f.write_str(root.name())?,
            Base::Current(_) => f.write_char('@')?,
            Base::Value(inner) => write_operand(f, inner, matches!(inner.kind, ExprKind::Call(_)))?,
        }
        self.selectors.iter().try_for_each(|(selector, _)| selector.fmt(f))
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) if parse::is_identifier(name) => write!(f, ".{name}"),
            Self::Field(name) => write!(f, "[{}]", literal::quote(name)),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::All => f.write_str("[*]"),
            Self::Filter(predicate) => write!(f, "[? {predicate}]"),
        }
    }
}

/// The precedence of an expression. An operand that does not bind tighter than its parent needs parentheses.
fn binding(expr: &Expr) -> Binding {
    match expr.kind {
        ExprKind::Logical(Logical::Or, _) => Binding::Or,
        ExprKind::Logical(Logical::And, _) => Binding::And,
        ExprKind::Comparison(_) => Binding::Comparison,
        ExprKind::Logical(Logical::Coalesce, _) => Binding::Coalesce,
        _ => Binding::Operand,
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Comparison,
    Coalesce,
    Operand,
}

fn write_operand(f: &mut Formatter<'_>, operand: &Expr, bare: bool) -> fmt::Result {
    if bare { operand.fmt(f) } else { write!(f, "({operand})") }
}

fn write_separated(f: &mut Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

fn write_literal(f: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::String(text) => f.write_str(&literal::quote(text)),
        other => other.fmt(f),
    }
}
