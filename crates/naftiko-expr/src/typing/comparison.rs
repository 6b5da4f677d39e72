//! Typing of comparisons, and detection of comparisons whose result is always the same.

use serde_json::Value;

use super::Typing;
use super::range::{self, Demand};
use crate::ast::{Comparison, Expr, ExprKind, Root, Selector};
use crate::compare::Comparator;
use crate::literal;
use crate::place::{Origin, Place};
use crate::problem::{NEVER_EQUAL, Problem, TYPE_MISMATCH};
use crate::types::{Type, Typed, nearest_value};

/// The most operands of one `&&` that are compared with each other.
const MAX_DEMANDS: usize = 64;

impl Typing<'_> {
    /// Types a comparison: its result is always there. Reports a comparison whose result never varies.
    pub(super) fn comparison(&mut self, expr: &Expr, comparison: &Comparison) -> Typed {
        let left = self.compared(&comparison.left).ty;
        let right = self.compared(&comparison.right).ty;
        // Two values that are never there are equal, which is not reported here.
        if !left.is_nothing() && !right.is_nothing() {
            if range::is_never_true(comparison) {
                self.never_true(expr, comparison);
                return Typed::always(Type::Boolean);
            }
            match comparison.comparator {
                Comparator::Equal | Comparator::NotEqual => self.equality(expr, comparison, &left, &right),
                Comparator::In => self.membership(comparison, &left, &right),
                _ => self.order(expr, comparison, &left, &right),
            }
        }
        Typed::always(Type::Boolean)
    }

    /// Reports a comparison that is false for every number that its sides can have.
    fn never_true(&mut self, expr: &Expr, comparison: &Comparison) {
        let message = format!("`{}` is never true", self.written(expr));
        let mut problem = Problem::new(&NEVER_EQUAL, expr.range.clone(), message).with_label("never true");
        if [&comparison.left, &comparison.right].into_iter().any(is_status) {
            problem = problem.with_help(
                "a condition is evaluated only for a response with a status from 200 to 299; any other \
                 status fails the step before that",
            );
        }
        self.report(problem);
    }

    /// Reports operands of `&&` that exclude each other; the problem is at the later one.
    pub(super) fn contradictions(&mut self, operands: &[Expr]) {
        let mut earlier: Vec<(Place, Demand, &Expr)> = Vec::new();
        for operand in operands.iter().take(MAX_DEMANDS) {
            let Some((place, demand)) = Demand::of(operand) else { continue };
            let excluded =
                earlier.iter().find(|(other, known, _)| *other == place && known.excludes(&demand));
            if let Some((_, _, other)) = excluded {
                let message = format!(
                    "`{}` is never true together with `{}`",
                    self.written(operand),
                    self.written(other)
                );
                self.report(
                    Problem::new(&NEVER_EQUAL, operand.range.clone(), message).with_label("never true here"),
                );
                return;
            }
            earlier.push((place, demand, operand));
        }
    }

    /// Types one side. A side without selectors may be a string without quotes: `state == active`.
    fn compared(&mut self, side: &Expr) -> Typed {
        self.may_be_text = matches!(&side.kind, ExprKind::Path(path) if path.selectors.is_empty());
        let typed = self.typed(side);
        self.may_be_text = false;
        typed
    }

    fn equality(&mut self, expr: &Expr, comparison: &Comparison, left: &Type, right: &Type) {
        if left.overlaps(right) {
            return;
        }
        let Comparison { left: a, right: b, .. } = comparison;
        let message = format!("{} never equals {}", self.side(a, left), self.side(b, right));
        let problem = Problem::new(&NEVER_EQUAL, expr.range.clone(), message);
        let problem = self.suggest(problem, a, left, b, right);
        self.report(problem);
    }

    fn order(&mut self, expr: &Expr, comparison: &Comparison, left: &Type, right: &Type) {
        let both = |ty: &Type| ty.overlaps(left) && ty.overlaps(right);
        if both(&Type::Number) || both(&Type::string()) {
            return;
        }
        let Comparison { left: a, right: b, .. } = comparison;
        let message = format!("{} is neither before nor after {}", self.side(a, left), self.side(b, right));
        self.report(
            Problem::new(&NEVER_EQUAL, expr.range.clone(), message)
                .with_label("never true")
                .with_help("numbers are ordered among each other, and so are strings"),
        );
    }

    fn membership(&mut self, comparison: &Comparison, left: &Type, right: &Type) {
        let (found, _) = right.split_null();
        let Comparison { left: a, right: b, .. } = comparison;
        let is_object = found.overlaps(&Type::open_object());
        self.risk.misused |= !Type::union([Type::list(Type::Any), Type::open_object()]).accepts(&found);
        match found.items() {
            None if found.is_nothing() => {}
            None if is_object => {
                if !Type::string().overlaps(left) {
                    let message = format!("{} is never the name of a field", self.side(a, left));
                    self.report(
                        Problem::new(&NEVER_EQUAL, a.range.clone(), message).with_label("never true"),
                    );
                }
            }
            None => {
                let mut problem = Problem::new(
                    &TYPE_MISMATCH,
                    b.range.clone(),
                    format!("`in` expects a list or an object, found {found}"),
                )
                .with_label(found.to_string());
                if Type::string().overlaps(&found) {
                    let help =
                        format!("`contains({}, {})` searches in a string", self.written(b), self.written(a));
                    problem = problem.with_help(help);
                }
                self.report(problem);
            }
            Some(items) if !items.overlaps(left) && !is_object => self.never_among(a, left, &items),
            Some(_) => {}
        }
    }

    /// Reports a value that is never an item of the list.
    pub(super) fn never_among(&mut self, value: &Expr, ty: &Type, items: &Type) {
        let message = format!("{} is never in {}", self.side(value, ty), Type::list(items.clone()));
        let problem = Problem::new(&NEVER_EQUAL, value.range.clone(), message).with_label("never found");
        let problem = meant(problem, value, items);
        self.report(problem);
    }

    /// Adds advice: a possible value with a similar spelling, or `exists` instead of a comparison with null.
    fn suggest(&self, problem: Problem, a: &Expr, left: &Type, b: &Expr, right: &Type) -> Problem {
        let problem = problem.with_label("never equal");
        for (side, other) in [(a, b), (b, a)] {
            if matches!(side.kind, ExprKind::Literal(Value::Null)) {
                let help = format!("absent is not null: write `exists({})`", self.written(other));
                return problem.with_help(help);
            }
        }
        let problem = meant(problem, a, right);
        if problem.help.is_some() { problem } else { meant(problem, b, left) }
    }

    /// Describes one side by its source text and its type; a literal only by its source text.
    fn side(&self, expr: &Expr, ty: &Type) -> String {
        let written = self.written(expr);
        if matches!(expr.kind, ExprKind::Literal(_)) {
            format!("`{written}`")
        } else {
            format!("`{written}` ({ty})")
        }
    }
}

/// Whether an expression is `response.status`.
fn is_status(expr: &Expr) -> bool {
    let place = Place::of(expr);
    place.origin == Origin::Root(Root::Response) && place.selectors == [Selector::Field("status".to_owned())]
}

/// Suggests the possible value with the most similar spelling.
fn meant(problem: Problem, literal: &Expr, possible: &Type) -> Problem {
    let ExprKind::Literal(Value::String(text)) = &literal.kind else { return problem };
    let members = possible.members();
    let values = members.iter().filter_map(|member| match member {
        Type::String(values) => values.as_ref(),
        _ => None,
    });
    match nearest_value(text, &values.collect::<Vec<_>>()) {
        Some(near) => problem
            .with_help(format!("did you mean `{near}`?"))
            .with_replacement(literal.range.clone(), literal::quote(&near)),
        None => problem,
    }
}
