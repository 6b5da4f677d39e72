//! Expressions, by precedence: `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, and the suffixes of a
//! value.

use serde_json::Value;

use super::Parser;
use crate::ast::{Expr, Kind, Suffix};
use crate::compare::Comparator;
use crate::filters::{self, Filter};
use crate::number::Operator;
use crate::problem::{Problem, ProblemKind};
use crate::scan::Token;
use crate::value_tests::{self, Test};

/// The suffix of a value.
enum Follows {
    Suffix(Suffix),
    /// An invalid suffix, which was reported: the value remains unchanged.
    Unknown,
}

/// An argument, with its name if it has one.
type Given = (Option<String>, Expr);

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        self.deeper(|parser| {
            let then = parser.without_condition()?;
            if !parser.takes_word("if")? {
                return Ok(then);
            }
            let test = parser.without_condition()?;
            let otherwise =
                if parser.takes_word("else")? { Some(Box::new(parser.expression()?)) } else { None };
            let range = then.range.start..parser.end;
            let kind = Kind::Choice { test: Box::new(test), then: Box::new(then), otherwise };
            Ok(Expr { kind, range })
        })
    }

    /// An expression that is not `… if …`.
    pub(super) fn without_condition(&mut self) -> Result<Expr, Problem> {
        self.logical(true)
    }

    fn logical(&mut self, is_or: bool) -> Result<Expr, Problem> {
        let word = if is_or { "or" } else { "and" };
        let operand = |parser: &mut Self| if is_or { parser.logical(false) } else { parser.negation() };
        let first = operand(self)?;
        let start = first.range.start;
        let mut operands = vec![first];
        while self.takes_word(word)? {
            operands.push(operand(self)?);
        }
        match operands.pop() {
            Some(only) if operands.is_empty() => Ok(only),
            last => {
                operands.extend(last);
                Ok(Expr { kind: Kind::Logical { is_or, operands }, range: start..self.end })
            }
        }
    }

    fn negation(&mut self) -> Result<Expr, Problem> {
        let start = self.peek()?.1.start;
        if !self.takes_word("not")? {
            return self.comparison();
        }
        let inner = self.deeper(Self::negation)?;
        Ok(Expr { kind: Kind::Not(Box::new(inner)), range: start..self.end })
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let first = self.chain(0)?;
        let start = first.range.start;
        let mut compared = Vec::new();
        while let Some(comparator) = self.comparator()? {
            compared.push((comparator, self.chain(0)?));
        }
        if compared.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: Kind::Compare(Box::new(first), compared), range: start..self.end })
    }

    fn comparator(&mut self) -> Result<Option<Comparator>, Problem> {
        let found = match &self.peek()?.0 {
            Token::Sign("==") => Comparator::Equal,
            Token::Sign("!=") => Comparator::NotEqual,
            Token::Sign("<") => Comparator::Less,
            Token::Sign("<=") => Comparator::LessOrEqual,
            Token::Sign(">") => Comparator::Greater,
            Token::Sign(">=") => Comparator::GreaterOrEqual,
            Token::Word(word) if word == "in" => Comparator::In,
            Token::Word(word) if word == "not" => {
                self.take()?;
                if !self.takes_word("in")? {
                    return self.unexpected("`in`");
                }
                return Ok(Some(Comparator::NotIn));
            }
            _ => return Ok(None),
        };
        self.take()?;
        Ok(Some(found))
    }

    /// Operators of one precedence, from left to right.
    fn chain(&mut self, rank: usize) -> Result<Expr, Problem> {
        const RANKS: [&[(&str, Operator)]; 3] = [
            &[("+", Operator::Add), ("-", Operator::Subtract)],
            &[("~", Operator::Concatenate)],
            &[
                ("*", Operator::Multiply),
                ("//", Operator::FloorDivide),
                ("/", Operator::Divide),
                ("%", Operator::Remainder),
            ],
        ];
        let Some(operators) = RANKS.get(rank) else { return self.signed() };
        let first = self.chain(rank + 1)?;
        let start = first.range.start;
        let mut others = Vec::new();
        loop {
            let next = match &self.peek()?.0 {
                Token::Sign(sign) => operators.iter().find(|(known, _)| known == sign),
                _ => None,
            };
            let Some((_, operator)) = next else { break };
            self.take()?;
            others.push((*operator, self.chain(rank + 1)?));
        }
        if others.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: Kind::Chain(Box::new(first), others), range: start..self.end })
    }

    /// A value with an optional sign: field accesses bind more tightly than the sign, filters less tightly.
    fn signed(&mut self) -> Result<Expr, Problem> {
        let start = self.peek()?.1.start;
        let value = self.sign()?;
        self.with_suffixes(value, start, true)
    }

    fn sign(&mut self) -> Result<Expr, Problem> {
        let start = self.peek()?.1.start;
        if self.takes("-")? {
            let inner = self.deeper(Self::sign)?;
            return Ok(Expr { kind: Kind::Negative(Box::new(inner)), range: start..self.end });
        }
        if self.takes("+")? {
            return self.deeper(Self::sign);
        }
        let value = self.value()?;
        self.with_suffixes(value, start, false)
    }

    /// A value with its suffixes; filters and tests only if `filters` is true.
    fn with_suffixes(&mut self, value: Expr, start: usize, filters: bool) -> Result<Expr, Problem> {
        let mut suffixes = Vec::new();
        while let Some(follows) = self.follows(start, filters)? {
            if let Follows::Suffix(suffix) = follows {
                suffixes.push(suffix);
            }
        }
        if suffixes.is_empty() {
            return Ok(value);
        }
        Ok(Expr { kind: Kind::Postfix(Box::new(value), suffixes), range: start..self.end })
    }

    /// The next suffix of the value that starts at `start`, if there is one.
    fn follows(&mut self, start: usize, filters: bool) -> Result<Option<Follows>, Problem> {
        match &self.peek()?.0 {
            Token::Sign(".") => {
                self.take()?;
                match self.take()? {
                    (Token::Word(name), _) => Ok(Some(Follows::Suffix(Suffix::Field(name)))),
                    (Token::Number(number), _) => {
                        let index = Value::Number(number);
                        let index = Expr { kind: Kind::Literal(index), range: start..self.end };
                        Ok(Some(Follows::Suffix(Suffix::Index(index))))
                    }
                    (_, range) => Err(Problem::syntax(range, "a name is expected behind `.`")),
                }
            }
            Token::Sign("[") => {
                self.take()?;
                self.deeper(Self::index).map(|index| Some(Follows::Suffix(index)))
            }
            Token::Sign("(") => Err(self.no_function(start)),
            Token::Sign("|") if filters => {
                self.take()?;
                self.filter().map(Some)
            }
            Token::Word(word) if filters && word == "is" => {
                self.take()?;
                self.test().map(Some)
            }
            _ => Ok(None),
        }
    }

    fn no_function(&self, start: usize) -> Problem {
        Problem::new(
            ProblemKind::Filter,
            start..self.end,
            "there are no functions in the template of an e-mail",
        )
        .with_help("write a filter after the value: `{{ name|upper }}`")
    }

    /// The content of brackets after a value. The opening bracket has been read.
    fn index(&mut self) -> Result<Suffix, Problem> {
        let start = match &self.peek()?.0 {
            Token::Sign(":") => None,
            _ => Some(self.expression()?),
        };
        if !self.takes(":")? {
            self.expect("]")?;
            // Brackets that contain neither an expression nor a colon are an error.
            return start.map_or_else(|| self.unexpected("an index"), |index| Ok(Suffix::Index(index)));
        }
        let stop = match &self.peek()?.0 {
            Token::Sign("]") => None,
            _ => Some(self.expression()?),
        };
        self.expect("]")?;
        Ok(Suffix::Slice { start, stop })
    }

    fn filter(&mut self) -> Result<Follows, Problem> {
        let (name, range) = self.word("the name of a filter")?;
        let given = if self.takes("(")? { self.arguments()? } else { Vec::new() };
        let Some(filter) = filters::find(&name) else {
            let names = filters::FILTERS.iter().map(Filter::name);
            self.report(unknown("filter", &name, range, names));
            return Ok(Follows::Unknown);
        };
        match bound(filter, given) {
            Ok(arguments) => Ok(Follows::Suffix(Suffix::Filter { filter, arguments })),
            Err(why) => {
                let message = format!("the filter `{name}` {why}");
                let signature = format!("it is written `{}`", filter.signature());
                self.report(Problem::new(ProblemKind::Filter, range, message).with_help(signature));
                Ok(Follows::Unknown)
            }
        }
    }

    fn test(&mut self) -> Result<Follows, Problem> {
        let is_negated = self.takes_word("not")?;
        let (name, range) = self.word("the name of a test")?;
        let argument = match &self.peek()?.0 {
            Token::Sign("(") => {
                self.take()?;
                self.arguments()?.into_iter().next().map(|(_, argument)| argument)
            }
            Token::Text(_) | Token::Number(_) => Some(self.value()?),
            _ => None,
        };
        let Some(test) = value_tests::find(&name) else {
            let names = value_tests::TESTS.iter().map(Test::name);
            self.report(unknown("test", &name, range, names));
            return Ok(Follows::Unknown);
        };
        if test.takes_argument() != argument.is_some() {
            let takes = if argument.is_some() { "takes no argument" } else { "needs an argument" };
            let message = format!("the test `{name}` {takes}");
            self.report(Problem::new(ProblemKind::Filter, range, message));
        }
        Ok(Follows::Suffix(Suffix::Test { test, argument, is_negated }))
    }

    /// Arguments up to the closing bracket. The opening bracket has been read.
    fn arguments(&mut self) -> Result<Vec<Given>, Problem> {
        self.deeper(|parser| {
            let mut given = Vec::new();
            while !parser.takes(")")? {
                let argument = parser.expression()?;
                let name = match &argument.kind {
                    Kind::Name(name) if parser.takes("=")? => Some(name.clone()),
                    _ => None,
                };
                let argument = if name.is_some() { parser.expression()? } else { argument };
                given.push((name, argument));
                if !parser.takes(",")? {
                    parser.expect(")")?;
                    break;
                }
            }
            Ok(given)
        })
    }

    fn value(&mut self) -> Result<Expr, Problem> {
        let (token, range) = self.take()?;
        let start = range.start;
        let kind = match token {
            Token::Text(text) => Kind::Literal(Value::String(text)),
            Token::Number(number) => Kind::Literal(Value::Number(number)),
            Token::Word(word) => match word.as_str() {
                "true" | "True" => Kind::Literal(Value::Bool(true)),
                "false" | "False" => Kind::Literal(Value::Bool(false)),
                "none" | "None" => Kind::Literal(Value::Null),
                "and" | "or" | "not" | "in" | "is" | "if" | "else" => {
                    return Err(Problem::syntax(range, format!("expected a value, found `{word}`")));
                }
                _ => Kind::Name(word),
            },
            Token::Sign("(") => {
                let inner = self.deeper(Self::expression)?;
                self.expect(")")?;
                return Ok(Expr { range: start..self.end, ..inner });
            }
            Token::Sign("[") => Kind::List(self.deeper(Self::list)?),
            Token::Sign("{") => Kind::Map(self.deeper(Self::map)?),
            Token::Sign(sign) => {
                return Err(Problem::syntax(range, format!("expected a value, found `{sign}`")));
            }
            Token::End => return Err(Problem::syntax(range, "expected a value, found the end")),
        };
        Ok(Expr { kind, range: start..self.end })
    }

    fn list(&mut self) -> Result<Vec<Expr>, Problem> {
        let mut items = Vec::new();
        while !self.takes("]")? {
            items.push(self.expression()?);
            if !self.takes(",")? {
                self.expect("]")?;
                break;
            }
        }
        Ok(items)
    }

    fn map(&mut self) -> Result<Vec<(Expr, Expr)>, Problem> {
        let mut entries = Vec::new();
        while !self.takes("}")? {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.takes(",")? {
                self.expect("}")?;
                break;
            }
        }
        Ok(entries)
    }
}

/// Assigns arguments to the parameters of a filter, or returns the problem.
fn bound(filter: &Filter, given: Vec<Given>) -> Result<Vec<Option<Expr>>, String> {
    let mut arguments: Vec<Option<Expr>> = filter.parameters().iter().map(|_| None).collect();
    for (position, (name, argument)) in given.into_iter().enumerate() {
        let at = match &name {
            Some(name) => filter.parameters().iter().position(|parameter| parameter.name == name),
            None => filter.parameters().get(position).filter(|it| !it.is_named).map(|_| position),
        };
        let slot = at.and_then(|at| arguments.get_mut(at));
        match (slot, name) {
            (Some(slot @ None), _) => *slot = Some(argument),
            (Some(Some(_)), _) => return Err("is given an argument twice".to_owned()),
            (None, Some(name)) => return Err(format!("takes no argument `{name}`")),
            (None, None) => return Err("takes fewer arguments".to_owned()),
        }
    }
    let mut slots = filter.parameters().iter().zip(&arguments);
    match slots.find(|(parameter, given)| parameter.is_required && given.is_none()) {
        Some((parameter, _)) => Err(format!("needs the argument `{}`", parameter.name)),
        None => Ok(arguments),
    }
}

fn unknown(
    what: &str,
    name: &str,
    range: std::ops::Range<usize>,
    names: impl Iterator<Item = &'static str>,
) -> Problem {
    let names: Vec<&str> = names.collect();
    let mut problem = Problem::new(ProblemKind::Filter, range, format!("there is no {what} `{name}`"))
        .with_help(format!(
            "there are {}",
            names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
        ));
    problem.candidates = names;
    problem
}
