//! Text → syntax tree.

use std::ops::Range;

use naftiko_diagnostics::{nearest, one_of};
use pest::Parser as _;
use pest::iterators::{Pair, Pairs};
use serde_json::{Number, Value};

use crate::ast::{Base, Call, Comparison, Expr, ExprKind, Logical, Root, Selector};
use crate::compare::Comparator;
use crate::functions::{FUNCTIONS, Function};
use crate::grammar::{Grammar, Rule};
use crate::problem::{EXPRESSION_SYNTAX, Problem, UNKNOWN_FUNCTION, WRONG_ARGUMENT_COUNT};
use crate::{literal, mistakes, place, scan};

/// Parses a whole expression.
pub(crate) fn parse(text: &str) -> Result<Expr, Problem> {
    let unclosed = scan::scan_expression(text)?;
    let mut pairs = Grammar::parse(Rule::input, text)
        .map_err(|error| mistakes::explain(text, &error, &unclosed, is_expression))?;
    let expression = pairs.next().and_then(|input| input.into_inner().next());
    let builder = Builder { in_predicate: false };
    expression.map_or_else(|| Err(mistakes::empty(text)), |pair| builder.expression(pair))
}

/// Whether a text is a whole expression.
fn is_expression(text: &str) -> bool {
    parse(text).is_ok()
}

/// Whether a text can follow a `.` as a field name. If it is also not a number, it can be the id of a step.
pub(crate) fn is_identifier(text: &str) -> bool {
    matches_whole(Rule::identifier, text)
}

/// Whether a text can be the id of a step: a name that is neither a number nor a reserved word.
pub fn is_step_name(text: &str) -> bool {
    is_identifier(text)
        && !matches_whole(Rule::number, text)
        && !matches!(text, "true" | "false" | "null")
        && Root::reserved().all(|root| root.name() != text)
}

fn matches_whole(rule: Rule, text: &str) -> bool {
    text.len() <= scan::MAX_LENGTH
        && Grammar::parse(rule, text).is_ok_and(|pairs| pairs.as_str().len() == text.len())
}

/// Converts the pairs matched by the grammar into the syntax tree.
#[derive(Clone, Copy)]
struct Builder {
    /// Whether `@` is defined, which is so inside a predicate.
    in_predicate: bool,
}

impl Builder {
    fn expression(self, pair: Pair<'_, Rule>) -> Result<Expr, Problem> {
        let mut operands = Vec::new();
        let mut operators = Vec::new();
        for part in pair.into_inner() {
            if part.as_rule() == Rule::operator {
                operators.push((part.as_str(), range(&part)));
            } else {
                operands.push(self.operand(part)?);
            }
        }
        group(operands, operators)
    }

    fn operand(self, pair: Pair<'_, Rule>) -> Result<Expr, Problem> {
        let mut negations = Vec::new();
        let mut parts = pair.into_inner().peekable();
        while let Some(not) = parts.next_if(|part| part.as_rule() == Rule::not) {
            negations.push(range(&not).start);
        }
        let Some(primary) = parts.next() else { return Err(missing_part()) };
        let value = self.path(primary, parts)?;
        Ok(negations.into_iter().rev().fold(value, |inner, start| {
            let range = start..inner.range.end;
            Expr { kind: ExprKind::Not(Box::new(inner)), range }
        }))
    }

    /// A primary value with the selectors after it.
    fn path<'i>(
        self,
        primary: Pair<'i, Rule>,
        segments: impl Iterator<Item = Pair<'i, Rule>>,
    ) -> Result<Expr, Problem> {
        let start = range(&primary).start;
        let mut end = range(&primary).end;
        let base = self.primary(primary)?;
        let mut selectors = Vec::new();
        for segment in segments {
            let place = range(&segment);
            end = place.end;
            selectors.push((Self::selector(segment)?, place));
        }
        let kind = match base {
            Base::Value(inner) if selectors.is_empty() => inner.kind,
            base => ExprKind::Path(place::path(base, selectors)),
        };
        Ok(Expr { kind, range: start..end })
    }

    fn primary(self, pair: Pair<'_, Rule>) -> Result<Base, Problem> {
        let place = range(&pair);
        let written = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::number => ExprKind::Literal(Value::Number(number(written, &place)?)),
            Rule::string => ExprKind::Literal(Value::String(literal::unquote(written, place.start)?)),
            Rule::list => ExprKind::List(self.expressions(pair.into_inner())?),
            Rule::group => {
                let Some(inner) = pair.into_inner().next() else { return Err(missing_part()) };
                self.expression(inner)?.kind
            }
            Rule::call => self.call(pair)?,
            Rule::current if self.in_predicate => return Ok(Base::Current(place)),
            Rule::current => return Err(mistakes::current_outside(place)),
            _ => match written {
                "true" => ExprKind::Literal(Value::Bool(true)),
                "false" => ExprKind::Literal(Value::Bool(false)),
                "null" => ExprKind::Literal(Value::Null),
                name => return Ok(Base::Root(Root::from_name(name), place)),
            },
        };
        Ok(Base::Value(Box::new(Expr { kind, range: place })))
    }

    fn expressions(self, pairs: Pairs<'_, Rule>) -> Result<Vec<Expr>, Problem> {
        pairs.filter(|part| part.as_rule() == Rule::expression).map(|part| self.expression(part)).collect()
    }

    fn call(self, pair: Pair<'_, Rule>) -> Result<ExprKind, Problem> {
        let whole = range(&pair);
        let mut parts = pair.into_inner();
        let Some(name) = parts.next() else { return Err(missing_part()) };
        let name_range = range(&name);
        let function = find_function(name.as_str(), &name_range)?;
        let arguments = self.expressions(parts)?;
        let (expected, found) = (function.arity(), arguments.len());
        if expected != found {
            let plural = if expected == 1 { "" } else { "s" };
            let message = format!("`{}` takes {expected} argument{plural}, found {found}", function.name());
            return Err(Problem::new(&WRONG_ARGUMENT_COUNT, whole, message)
                .with_label(format!("{found} given"))
                .with_help(format!("`{}`: {}", function.signature(), function.summary())));
        }
        Ok(ExprKind::Call(Call { function, name_range, arguments }))
    }

    fn selector(segment: Pair<'_, Rule>) -> Result<Selector, Problem> {
        let Some(part) = segment.into_inner().next() else { return Err(missing_part()) };
        let is_field = part.as_rule() == Rule::field;
        let Some(inner) = part.into_inner().next() else { return Err(missing_part()) };
        let place = range(&inner);
        match inner.as_rule() {
            _ if is_field => Ok(Selector::Field(inner.as_str().to_owned())),
            Rule::string => Ok(Selector::Field(literal::unquote(inner.as_str(), place.start)?)),
            Rule::integer => inner.as_str().parse().map(Selector::Index).map_err(|_| {
                Problem::new(&EXPRESSION_SYNTAX, place, "a place in a list is out of range")
                    .with_label("the index is larger than any list")
            }),
            Rule::predicate => {
                let Some(condition) = inner.into_inner().next() else { return Err(missing_part()) };
                let condition = Self { in_predicate: true }.expression(condition)?;
                Ok(Selector::Filter(Box::new(condition)))
            }
            _ => Ok(Selector::All),
        }
    }
}

/// Groups a flat chain by precedence, lowest first: `||`, `&&`, comparisons, `??`.
fn group(operands: Vec<Expr>, operators: Vec<(&str, Range<usize>)>) -> Result<Expr, Problem> {
    let mut operands = operands.into_iter();
    let Some(first) = operands.next() else { return Err(missing_part()) };
    let mut levels = Levels::new(first);
    for ((operator, place), operand) in operators.into_iter().zip(operands) {
        match operator {
            "??" => levels.coalesce.push(operand),
            "&&" => levels.and(operand)?,
            "||" => levels.or(operand)?,
            _ => levels.compare(comparator(operator), place, operand)?,
        }
    }
    levels.finish()
}

/// The pending operands of each precedence level while a chain is grouped from left to right.
struct Levels {
    or: Vec<Expr>,
    and: Vec<Expr>,
    comparison: Option<(Expr, Comparator, Range<usize>)>,
    coalesce: Vec<Expr>,
}

impl Levels {
    fn new(first: Expr) -> Self {
        Self { or: Vec::new(), and: Vec::new(), comparison: None, coalesce: vec![first] }
    }

    fn compare(&mut self, comparator: Comparator, place: Range<usize>, next: Expr) -> Result<(), Problem> {
        let left = joined(Logical::Coalesce, std::mem::replace(&mut self.coalesce, vec![next]))?;
        if let Some((_, first, first_place)) = &self.comparison {
            let message =
                format!("comparisons do not chain: `{}` after `{}`", comparator.as_str(), first.as_str());
            return Err(Problem::new(&EXPRESSION_SYNTAX, first_place.start..place.end, message)
                .with_label("two comparisons in a row")
                .with_help("join two comparisons with `&&`, or put one in parentheses"));
        }
        self.comparison = Some((left, comparator, place));
        Ok(())
    }

    fn and(&mut self, next: Expr) -> Result<(), Problem> {
        let closed = self.close_comparison(next)?;
        self.and.push(closed);
        Ok(())
    }

    fn or(&mut self, next: Expr) -> Result<(), Problem> {
        self.and(next)?;
        let closed = joined(Logical::And, std::mem::take(&mut self.and))?;
        self.or.push(closed);
        Ok(())
    }

    /// Completes the pending `??` and comparison, which bind tighter than `&&`; `next` is the operand after it.
    fn close_comparison(&mut self, next: Expr) -> Result<Expr, Problem> {
        let right = joined(Logical::Coalesce, std::mem::replace(&mut self.coalesce, vec![next]))?;
        Ok(match self.comparison.take() {
            None => right,
            Some((left, comparator, comparator_range)) => {
                let range = left.range.start..right.range.end;
                let comparison = Comparison { left, comparator, comparator_range, right };
                Expr { kind: ExprKind::Comparison(Box::new(comparison)), range }
            }
        })
    }

    fn finish(mut self) -> Result<Expr, Problem> {
        // A placeholder for the operand after the last; it is never used.
        let nothing = Expr { kind: ExprKind::Literal(Value::Null), range: 0..0 };
        self.or(nothing)?;
        joined(Logical::Or, self.or)
    }
}

/// Joins operands into one expression; a single operand is returned unchanged.
fn joined(operator: Logical, mut operands: Vec<Expr>) -> Result<Expr, Problem> {
    let (Some(first), Some(last)) = (operands.first(), operands.last()) else { return Err(missing_part()) };
    let range = first.range.start..last.range.end;
    if operands.len() == 1 {
        return operands.pop().ok_or_else(missing_part);
    }
    Ok(Expr { kind: ExprKind::Logical(operator, operands), range })
}

fn comparator(written: &str) -> Comparator {
    match written {
        "==" => Comparator::Equal,
        "!=" => Comparator::NotEqual,
        "<" => Comparator::Less,
        "<=" => Comparator::LessOrEqual,
        ">" => Comparator::Greater,
        ">=" => Comparator::GreaterOrEqual,
        _ => Comparator::In,
    }
}

fn number(written: &str, place: &Range<usize>) -> Result<Number, Problem> {
    serde_json::from_str(written).map_err(|_| {
        Problem::new(&EXPRESSION_SYNTAX, place.clone(), format!("the number `{written}` is out of range"))
            .with_label("too large")
    })
}

fn find_function(name: &str, place: &Range<usize>) -> Result<&'static Function, Problem> {
    if let Some(function) = FUNCTIONS.iter().find(|function| function.name() == name) {
        return Ok(function);
    }
    let problem = Problem::new(&UNKNOWN_FUNCTION, place.clone(), format!("there is no function `{name}`"))
        .with_label("unknown function");
    if let Some(help) = mistakes::function_habit(name) {
        return Err(problem.with_help(help));
    }
    let names = || FUNCTIONS.iter().map(Function::name);
    Err(match nearest(name, names()) {
        Some(near) => {
            problem.with_help(format!("did you mean `{near}`?")).with_replacement(place.clone(), near)
        }
        None => problem.with_help(format!("the functions are {}", one_of(names()).replace(" or ", " and "))),
    })
}

fn range(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.end()
}

/// The grammar guarantees that the part exists; if it does not, the text is rejected.
fn missing_part() -> Problem {
    Problem::new(&EXPRESSION_SYNTAX, 0..0, "the expression cannot be read")
}
