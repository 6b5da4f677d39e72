//! Typing of function calls: whether the arguments fit the parameters.

use serde_json::Value;

use super::Typing;
use crate::ast::{Call, Expr, ExprKind};
use crate::functions::{self, Parameter};
use crate::place::Place;
use crate::problem::{INVALID_REGEX, Problem, TYPE_MISMATCH};
use crate::types::{Type, Typed};

impl Typing<'_> {
    pub(super) fn call(&mut self, expr: &Expr, call: &Call) -> Typed {
        let known = self.problems.len();
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for (argument, parameter) in call.arguments.iter().zip(call.function.parameters()) {
            let asked = call.function.takes_absent();
            let typed = if asked { self.covered(argument) } else { self.typed(argument) };
            let typed = if parameter.takes_null() { typed } else { typed.without_null() };
            self.risk.misused |= !asked && !self.argument(call, argument, *parameter, &typed);
            arguments.push(typed);
        }
        if let (true, Some(part), [searched, found]) =
            (call.function.name() == "contains", call.arguments.get(1), arguments.as_slice())
        {
            self.risk.misused |= !self.searched(&searched.ty, part, &found.ty);
        }
        let typed = call.function.typed(&arguments);
        if self.problems.len() > known && typed.ty.is_nothing() {
            return Typed::always(Type::Any);
        }
        let typed = match (call.function.name(), call.arguments.as_slice(), arguments.as_slice()) {
            ("first" | "last", [list], [given]) if is_never_empty(list) => {
                Typed { presence: given.presence, ..typed }
            }
            _ => typed,
        };
        if self.knows_of(expr) { self.proved(typed, &Place::of(expr)) } else { typed }
    }

    /// Whether an argument certainly fits its parameter. Reports an argument that can never fit; it then counts as
    /// fitting.
    fn argument(&mut self, call: &Call, argument: &Expr, parameter: Parameter, typed: &Typed) -> bool {
        if typed.ty.is_nothing() {
            return true;
        }
        if !can_fit(parameter, &typed.ty) {
            let message = format!("`{}` expects {parameter}, found {}", call.function.name(), typed.ty);
            let mut problem = Problem::new(&TYPE_MISMATCH, argument.range.clone(), message)
                .with_label(typed.ty.to_string());
            if parameter == Parameter::Text {
                problem =
                    problem.with_help(format!("`toString({})` makes it a string", self.written(argument)));
            }
            self.report(problem);
            return true;
        }
        match &argument.kind {
            ExprKind::Literal(Value::String(pattern)) if parameter == Parameter::Pattern => {
                self.pattern(argument, pattern);
                true
            }
            // A pattern that is not a literal is checked only during evaluation.
            _ => parameter != Parameter::Pattern && parameter.ty().accepts(&typed.ty),
        }
    }

    fn pattern(&mut self, place: &Expr, pattern: &str) {
        if let Err(reason) = functions::compile(pattern) {
            let message = format!("the pattern is not a regular expression: {reason}");
            self.report(
                Problem::new(&INVALID_REGEX, place.range.clone(), message).with_label("not a pattern"),
            );
        }
    }

    /// Whether the arguments of `contains` certainly fit each other. Reports arguments that can never fit.
    fn searched(&mut self, searched: &Type, part: &Expr, found: &Type) -> bool {
        if found.is_nothing() || searched.is_nothing() {
            return true;
        }
        let may_be_text = Type::string().overlaps(searched);
        if let Some(items) = searched.items() {
            if !items.is_nothing() && !items.overlaps(found) && !may_be_text {
                self.never_among(part, found, &items);
            }
            return !may_be_text || *searched == Type::Any || Type::string().accepts(found);
        }
        if may_be_text && !Type::string().overlaps(found) {
            let message = format!("`contains` expects a string as part of a string, found {found}");
            let help = format!("`toString({})` makes it a string", self.written(part));
            let problem =
                Problem::new(&TYPE_MISMATCH, part.range.clone(), message).with_label(found.to_string());
            self.report(problem.with_help(help));
        }
        Type::string().accepts(found)
    }
}

/// Whether a list, by its form alone, is never empty: the result of `split` with a separator has at least one part.
pub(super) fn is_never_empty(list: &Expr) -> bool {
    match &list.kind {
        ExprKind::List(items) => !items.is_empty(),
        ExprKind::Call(call) => match (call.function.name(), call.arguments.as_slice()) {
            // With an empty separator the parts are the characters, and the text may be empty.
            ("split", [_, Expr { kind: ExprKind::Literal(Value::String(separator)), .. }]) => {
                !separator.is_empty()
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether the parameter accepts some value of a type.
fn can_fit(parameter: Parameter, ty: &Type) -> bool {
    let wanted = parameter.ty();
    match (&wanted, ty.items()) {
        (Type::List(wanted), Some(items)) => items.is_nothing() || wanted.overlaps(&items),
        _ => wanted.overlaps(ty),
    }
}
