//! Renders a syntax tree.
//!
//! Given values are read in place; values that a template creates are counted before they are created.

use serde_json::{Map, Value};

use crate::ast::{Expr, For, Kind, Node, Suffix};
use crate::compare::{Comparator, compared};
use crate::filters::Use;
use crate::meter::{Limits, Meter, Text};
use crate::number::{self, Operator};
use crate::problem::{Failure, RenderErrorKind};
use crate::show;
use crate::value::Val;

/// Renders nodes; `values` returns the given value of each name.
pub(crate) fn render<'v>(
    nodes: &'v [Node],
    values: &dyn Fn(&str) -> Option<&'v Value>,
    limits: Limits,
) -> Result<String, Failure> {
    let meter = Meter::new(limits);
    let mut text = Text::new(&meter);
    let mut renderer = Renderer { values, meter: &meter, own: vec![Vec::new()] };
    renderer.nodes(nodes, &mut text)?;
    Ok(text.finish())
}

struct Renderer<'v, 'r> {
    values: &'r dyn Fn(&str) -> Option<&'v Value>,
    meter: &'r Meter,
    /// The names that the template defines, by block.
    own: Vec<Vec<(&'v str, Val<'v>)>>,
}

impl<'v> Renderer<'v, '_> {
    fn nodes(&mut self, nodes: &'v [Node], text: &mut Text<'_>) -> Result<(), Failure> {
        for node in nodes {
            self.meter.work(1)?;
            match node {
                Node::Text(plain) => text.push(plain)?,
                Node::Show(shown) => {
                    if let Some(value) = self.shown(shown)? {
                        show::write(value.get(), text, self.meter)
                            .map_err(|failure| failure.at(&shown.range))?;
                    }
                }
                Node::If { branches, otherwise } => {
                    let mut taken = otherwise;
                    for (test, body) in branches {
                        if self.is_true(test)? {
                            taken = body;
                            break;
                        }
                    }
                    self.nodes(taken, text)?;
                }
                Node::For(repeated) => self.repeat(repeated, text)?,
                Node::Set { name, value } => {
                    let value = self.needed(value)?;
                    if let Some(block) = self.own.last_mut() {
                        block.retain(|(known, _)| known != name);
                        block.push((name, value));
                    }
                }
            }
        }
        Ok(())
    }

    /// The value to render; `None` for `a if b` without `else` if `b` is false.
    fn shown(&mut self, shown: &'v Expr) -> Result<Option<Val<'v>>, Failure> {
        match &shown.kind {
            Kind::Choice { test, otherwise: None, .. } if !self.is_true(test)? => Ok(None),
            _ => self.needed(shown).map(Some),
        }
    }

    fn repeat(&mut self, repeated: &'v For, text: &mut Text<'_>) -> Result<(), Failure> {
        let list = self.needed(&repeated.list)?;
        let mut items = self.items(&list).map_err(|failure| failure.at(&repeated.list.range))?;
        if let Some(filter) = &repeated.filter {
            let mut kept = Vec::new();
            for item in items {
                self.own.push(self.parts(repeated, &item)?);
                let keeps = self.is_true(filter);
                self.own.pop();
                if keeps? {
                    kept.push(item);
                }
            }
            items = kept;
        }
        if items.is_empty() {
            return self.nodes(&repeated.otherwise, text);
        }
        let length = items.len();
        for (at, item) in items.into_iter().enumerate() {
            self.meter.work(1)?;
            let mut block = self.parts(repeated, &item)?;
            block.push(("loop", self.position(at, length)?));
            self.own.push(block);
            let written = self.nodes(&repeated.body, text);
            self.own.pop();
            written?;
        }
        Ok(())
    }

    /// Binds the names of a loop to an item, or to its parts.
    fn parts(&self, repeated: &'v For, item: &Val<'v>) -> Result<Vec<(&'v str, Val<'v>)>, Failure> {
        if let [name] = &repeated.names[..] {
            return Ok(vec![(name, item.clone())]);
        }
        let parts = self.items(item).map_err(|failure| failure.at(&repeated.list.range))?;
        if parts.len() != repeated.names.len() {
            let why =
                format!("an item has {} parts, and there are {} names", parts.len(), repeated.names.len());
            return Err(Failure::type_error(why).at(&repeated.list.range));
        }
        Ok(repeated.names.iter().map(String::as_str).zip(parts).collect())
    }

    fn position(&self, at: usize, length: usize) -> Result<Val<'v>, Failure> {
        self.meter.work(8)?;
        let mut position = Map::new();
        for (name, value) in [
            ("index", Value::from(at + 1)),
            ("index0", at.into()),
            ("revindex", (length - at).into()),
            ("revindex0", (length - at - 1).into()),
            ("first", (at == 0).into()),
            ("last", (at + 1 == length).into()),
            ("length", length.into()),
        ] {
            position.insert(name.to_owned(), value);
        }
        Ok(Val::made(position.into()))
    }

    /// The items of a list, the names of an object, or the characters of a text.
    pub(crate) fn items(&self, list: &Val<'v>) -> Result<Vec<Val<'v>>, Failure> {
        if let Val::Given(Value::Array(items)) = list {
            self.meter.work(items.len())?;
            return Ok(items.iter().map(Val::Given).collect());
        }
        match list.get() {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => {
                items.iter().map(|item| Ok(Val::made(show::copied(item, self.meter)?))).collect()
            }
            Value::Object(fields) => {
                let name = |name: &String| {
                    self.meter.copy(name.len())?;
                    Ok(Val::made(name.as_str().into()))
                };
                fields.keys().map(name).collect()
            }
            Value::String(text) => {
                let character = |character: char| {
                    self.meter.make(character.len_utf8())?;
                    Ok(Val::made(character.to_string().into()))
                };
                text.chars().map(character).collect()
            }
            other => Err(Failure::type_error(format!("{} has no items", show::kind(other)))),
        }
    }

    fn is_true(&mut self, test: &'v Expr) -> Result<bool, Failure> {
        Ok(show::is_true(self.needed(test)?.get()))
    }

    fn needed(&mut self, expr: &'v Expr) -> Result<Val<'v>, Failure> {
        self.find(expr)?.ok_or_else(|| missing().at(&expr.range))
    }

    /// The value of an expression; `None` if it is missing.
    fn find(&mut self, expr: &'v Expr) -> Result<Option<Val<'v>>, Failure> {
        self.meter.work(1)?;
        self.find_kind(expr).map_err(|failure| failure.at(&expr.range))
    }

    fn find_kind(&mut self, expr: &'v Expr) -> Result<Option<Val<'v>>, Failure> {
        Ok(Some(match &expr.kind {
            Kind::Literal(value) => Val::Given(value),
            Kind::Name(name) => return Ok(self.named(name)),
            Kind::List(items) => {
                self.meter.make_node()?;
                let mut made = Vec::new();
                for item in items {
                    made.push(show::copied(self.needed(item)?.get(), self.meter)?);
                }
                Val::made(Value::Array(made))
            }
            Kind::Map(entries) => Val::made(self.map(entries)?),
            Kind::Not(inner) => Val::made((!self.is_true(inner)?).into()),
            Kind::Negative(inner) => {
                let value = self.needed(inner)?;
                let negative = number::calculate(Operator::Subtract, &0.into(), value.get());
                Val::made(negative.ok_or_else(|| not_for("`-`", value.get()))??)
            }
            Kind::Logical { is_or, operands } => return self.logical(*is_or, operands),
            Kind::Chain(first, others) => Val::made(self.chain(first, others)?),
            Kind::Compare(first, others) => Val::made(self.compare(first, others)?.into()),
            Kind::Choice { test, then, otherwise } => {
                let chosen = if self.is_true(test)? { Some(then) } else { otherwise.as_ref() };
                return chosen.map_or(Ok(None), |chosen| self.find(chosen));
            }
            Kind::Postfix(value, suffixes) => {
                let mut found = self.find(value)?;
                for suffix in suffixes {
                    self.meter.work(1)?;
                    found = self.suffix(found, suffix)?;
                }
                return Ok(found);
            }
        }))
    }

    fn named(&self, name: &str) -> Option<Val<'v>> {
        let mut own = self.own.iter().rev().flat_map(|block| block.iter().rev());
        let own = own.find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        own.or_else(|| (self.values)(name).map(Val::Given))
    }

    fn map(&mut self, entries: &'v [(Expr, Expr)]) -> Result<Value, Failure> {
        self.meter.make_node()?;
        let mut map = Map::new();
        for (key, value) in entries {
            let key = self.needed(key)?;
            let Value::String(name) = key.get() else {
                return Err(Failure::type_error("a field is not named by a text"));
            };
            self.meter.copy(name.len())?;
            let value = show::copied(self.needed(value)?.get(), self.meter)?;
            map.insert(name.clone(), value);
        }
        Ok(map.into())
    }

    fn logical(&mut self, is_or: bool, operands: &'v [Expr]) -> Result<Option<Val<'v>>, Failure> {
        let mut last = None;
        for operand in operands {
            let value = self.needed(operand)?;
            let decides = show::is_true(value.get()) == is_or;
            last = Some(value);
            if decides {
                break;
            }
        }
        Ok(last)
    }

    fn chain(&mut self, first: &'v Expr, others: &'v [(Operator, Expr)]) -> Result<Value, Failure> {
        let first = self.needed(first)?;
        if others.iter().all(|(operator, _)| *operator == Operator::Concatenate) {
            let mut text = Text::new(self.meter);
            show::write(first.get(), &mut text, self.meter)?;
            for (_, other) in others {
                show::write(self.needed(other)?.get(), &mut text, self.meter)?;
            }
            return Ok(text.finish().into());
        }
        let mut result = first;
        for (operator, other) in others {
            let other = self.needed(other)?;
            result = Val::made(self.combined(*operator, result.get(), other.get())?);
        }
        show::copied(result.get(), self.meter)
    }

    fn combined(&self, operator: Operator, left: &Value, right: &Value) -> Result<Value, Failure> {
        self.meter.make_node()?;
        if let Some(calculated) = number::calculate(operator, left, right) {
            return calculated;
        }
        match (operator, left, right) {
            (Operator::Add, Value::String(left), Value::String(right)) => {
                let mut text = Text::new(self.meter);
                text.push(left)?;
                text.push(right)?;
                Ok(text.finish().into())
            }
            (Operator::Add, Value::Array(left), Value::Array(right)) => {
                let items = left.iter().chain(right).map(|item| show::copied(item, self.meter));
                items.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            (_, Value::Number(_) | Value::Bool(_), other) | (_, other, _) => {
                Err(not_for("arithmetic", other))
            }
        }
    }

    fn compare(&mut self, first: &'v Expr, others: &'v [(Comparator, Expr)]) -> Result<bool, Failure> {
        let mut left = self.needed(first)?;
        for (comparator, other) in others {
            let right = self.needed(other)?;
            if !compared(*comparator, left.get(), right.get(), self.meter)? {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    fn suffix(&mut self, found: Option<Val<'v>>, suffix: &'v Suffix) -> Result<Option<Val<'v>>, Failure> {
        match suffix {
            Suffix::Test { test, argument, is_negated } => {
                let argument = argument.as_ref().map(|argument| self.needed(argument)).transpose()?;
                let holds =
                    test.holds(found.as_ref().map(Val::get), argument.as_ref().map(Val::get), self.meter)?;
                Ok(Some(Val::made((holds != *is_negated).into())))
            }
            Suffix::Filter { filter, arguments } => {
                let mut given = Vec::new();
                for argument in arguments {
                    given.push(argument.as_ref().map(|argument| self.needed(argument)).transpose()?);
                }
                let value = match found {
                    None if filter.takes_missing() => {
                        let default = given.into_iter().next().flatten();
                        return Ok(Some(default.unwrap_or_else(|| Val::made("".into()))));
                    }
                    found => found.ok_or_else(missing)?,
                };
                filter.apply(&Use { value, arguments: &given, meter: self.meter }).map(Some)
            }
            Suffix::Field(name) => self.field(&found.ok_or_else(missing)?, name),
            Suffix::Index(index) => {
                let index = self.needed(index)?;
                let value = found.ok_or_else(missing)?;
                match index.get() {
                    Value::String(name) => self.field(&value, name),
                    other => self.item(&value, other),
                }
            }
            Suffix::Slice { start, stop } => {
                let mut bound = |bound: &'v Option<Expr>| {
                    let value = bound.as_ref().map(|bound| self.needed(bound)).transpose()?;
                    let integer = |value: Val<'_>| number::integer(value.get()).ok_or_else(no_index);
                    value.map(integer).transpose()
                };
                let (start, stop) = (bound(start)?, bound(stop)?);
                self.slice(&found.ok_or_else(missing)?, start, stop).map(Some)
            }
        }
    }

    fn field(&self, value: &Val<'v>, name: &str) -> Result<Option<Val<'v>>, Failure> {
        match value {
            Val::Given(Value::Object(fields)) => Ok(fields.get(name).map(Val::Given)),
            Val::Made(made) => {
                let field = made.get(name).map(|field| show::copied(field, self.meter)).transpose()?;
                Ok(field.map(Val::made))
            }
            Val::Given(_) => Ok(None),
        }
    }

    fn item(&self, value: &Val<'v>, index: &Value) -> Result<Option<Val<'v>>, Failure> {
        let index = number::integer(index).ok_or_else(no_index)?;
        let copied = |item: Option<&Value>| {
            let item = item.map(|item| show::copied(item, self.meter)).transpose()?;
            Ok(item.map(Val::made))
        };
        match value {
            Val::Given(Value::Array(items)) => {
                Ok(place(index, items.len()).and_then(|at| items.get(at)).map(Val::Given))
            }
            other => match other.get() {
                Value::Array(items) => copied(place(index, items.len()).and_then(|at| items.get(at))),
                Value::String(text) => {
                    self.meter.read(text.len())?;
                    let character = place(index, text.chars().count()).and_then(|at| text.chars().nth(at));
                    Ok(character.map(|character| Val::made(character.to_string().into())))
                }
                _ => Ok(None),
            },
        }
    }

    fn slice(&self, value: &Val<'v>, start: Option<i64>, stop: Option<i64>) -> Result<Val<'v>, Failure> {
        let range = |length: usize| {
            let at = |bound: i64| {
                usize::try_from(bound).map_or_else(
                    |_| length.saturating_sub(usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX)),
                    |bound| bound.min(length),
                )
            };
            let start = start.map_or(0, at);
            (start, stop.map_or(length, at).saturating_sub(start))
        };
        match value.get() {
            Value::Array(items) => {
                let (skipped, taken) = range(items.len());
                let items = items.iter().skip(skipped).take(taken).map(|item| show::copied(item, self.meter));
                self.meter.make_node()?;
                Ok(Val::made(Value::Array(items.collect::<Result<_, _>>()?)))
            }
            Value::String(text) => {
                self.meter.read(text.len())?;
                let (skipped, taken) = range(text.chars().count());
                let mut part = Text::new(self.meter);
                let mut characters = text.char_indices().map(|(at, _)| at).skip(skipped);
                let begin = characters.next().unwrap_or(text.len());
                let rest = text.get(begin..).unwrap_or_default();
                let end = rest.char_indices().nth(taken).map_or(rest.len(), |(at, _)| at);
                part.push(rest.get(..end).unwrap_or_default())?;
                Ok(Val::made(part.finish().into()))
            }
            other => Err(Failure::type_error(format!("{} has no parts", show::kind(other)))),
        }
    }
}

fn missing() -> Failure {
    Failure::new(RenderErrorKind::Missing, "a value is missing")
}

fn no_index() -> Failure {
    Failure::type_error("an index is not a whole number")
}

fn not_for(what: &str, value: &Value) -> Failure {
    Failure::type_error(format!("{what} does not apply to {}", show::kind(value)))
}

/// A position in a list, counted from the end if negative.
fn place(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(place) => (place < length).then_some(place),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}
