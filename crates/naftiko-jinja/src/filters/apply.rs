//! The implementations of the filters.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::Use;
use crate::compare;
use crate::meter::Text;
use crate::number::{self, Operator};
use crate::problem::{Failure, RenderErrorKind};
use crate::show;
use crate::value::Val;

type Applied<'v> = Result<Val<'v>, Failure>;

fn wrong(filter: &str, value: &Value) -> Failure {
    Failure::type_error(format!("`{filter}` does not apply to {}", show::kind(value)))
}

/// Applies `make` to a text, or to the rendered form of any other value.
fn with_text<'v>(
    of: &Use<'v, '_>,
    make: impl FnOnce(&str, &mut Text<'_>) -> Result<(), Failure>,
) -> Applied<'v> {
    let mut made = Text::new(of.meter);
    match of.value.get() {
        Value::String(text) => {
            of.meter.read(text.len())?;
            make(text, &mut made)?;
        }
        other => {
            let mut text = Text::new(of.meter);
            show::write(other, &mut text, of.meter)?;
            make(&text.finish(), &mut made)?;
        }
    }
    Ok(Val::made(made.finish().into()))
}

/// Appends the replacements of characters.
fn push_characters(characters: impl Iterator<Item = char>, made: &mut Text<'_>) -> Result<(), Failure> {
    let mut piece = String::new();
    for character in characters {
        piece.push(character);
        // Pieces are short, so that no long text exists before it is counted.
        if piece.len() >= 1024 {
            made.push(&piece)?;
            piece.clear();
        }
    }
    made.push(&piece)
}

pub(super) fn upper<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    with_text(of, |text, made| push_characters(text.chars().flat_map(char::to_uppercase), made))
}

pub(super) fn lower<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    with_text(of, |text, made| push_characters(text.chars().flat_map(char::to_lowercase), made))
}

pub(super) fn capitalize<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    with_text(of, |text, made| {
        let mut characters = text.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        push_characters(first.chain(characters.flat_map(char::to_lowercase)), made)
    })
}

pub(super) fn title<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    with_text(of, |text, made| {
        let mut begins = true;
        let titled = text.chars().flat_map(|character| {
            let is_first = std::mem::replace(&mut begins, !character.is_alphanumeric() && character != '\'');
            let upper = is_first.then(|| character.to_uppercase());
            let lower = (!is_first).then(|| character.to_lowercase());
            upper.into_iter().flatten().chain(lower.into_iter().flatten())
        });
        push_characters(titled, made)
    })
}

pub(super) fn trim<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let characters = of.argument(0).and_then(Value::as_str).map(str::to_owned);
    with_text(of, |text, made| match &characters {
        Some(characters) => made.push(text.trim_matches(|character| characters.contains(character))),
        None => made.push(text.trim()),
    })
}

pub(super) fn replace<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let part = |at: usize| of.argument(at).and_then(Value::as_str);
    let (Some(old), Some(new)) = (part(0), part(1)) else {
        return Err(Failure::type_error("`replace` needs two texts"));
    };
    with_text(of, |text, made| {
        if old.is_empty() {
            return made.push(text);
        }
        let mut pieces = text.split(old);
        made.push(pieces.next().unwrap_or_default())?;
        pieces.try_for_each(|piece| {
            made.push(new)?;
            made.push(piece)
        })
    })
}

pub(super) fn indent<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let width = of.argument(0).map_or(Some(4), |width| usize::try_from(number::integer(width)?).ok());
    let width = width.ok_or_else(|| Failure::type_error("`indent` needs a number of spaces"))?;
    let flag = |at: usize| of.argument(at).is_some_and(show::is_true);
    let (first, blank) = (flag(1), flag(2));
    let meter = of.meter;
    with_text(of, |text, made| {
        // Counted before it is created.
        meter.make(width)?;
        let spaces = " ".repeat(width);
        let text = text.strip_suffix('\n').unwrap_or(text);
        for (at, line) in text.split('\n').enumerate() {
            made.push(if at > 0 { "\n" } else { "" })?;
            if (at > 0 || first) && (blank || !line.is_empty()) {
                made.push(&spaces)?;
            }
            made.push(line)?;
        }
        Ok(())
    })
}

pub(super) fn string<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    if of.value.get().is_string() {
        return Ok(of.value.clone());
    }
    with_text(of, |text, made| made.push(text))
}

pub(super) fn tojson<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let indent = match of.argument(0) {
        None | Some(Value::Bool(false) | Value::Null) => None,
        Some(Value::Bool(true)) => Some(2),
        Some(width) => Some(
            number::integer(width)
                .and_then(|width| usize::try_from(width).ok())
                .filter(|width| *width <= 100)
                .ok_or_else(|| Failure::type_error("`tojson` needs a number of spaces"))?,
        ),
    };
    let mut made = Text::new(of.meter);
    show::write_json(of.value.get(), indent, &mut made, of.meter)?;
    Ok(Val::made(made.finish().into()))
}

pub(super) fn join<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let separator = match of.argument(0) {
        None => "",
        Some(Value::String(separator)) => separator,
        Some(other) => return Err(wrong("join", other)),
    };
    let attribute = of.argument(1).and_then(Value::as_str);
    let mut made = Text::new(of.meter);
    let mut push = |at: usize, item: &Value| {
        made.push(if at > 0 { separator } else { "" })?;
        let part = attribute.map_or(Some(item), |attribute| field(item, attribute));
        show::write(part.ok_or_else(missing)?, &mut made, of.meter)
    };
    match of.value.get() {
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| push(at, item))?,
        Value::String(text) => {
            let mut characters = text.chars().enumerate();
            characters.try_for_each(|(at, character)| push(at, &character.to_string().into()))?;
        }
        Value::Null => {}
        other => return Err(wrong("join", other)),
    }
    Ok(Val::made(made.finish().into()))
}

/// A field of a value, or a nested one: `owner.name`.
fn field<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    })
}

fn missing() -> Failure {
    Failure::new(RenderErrorKind::Missing, "a value is missing")
}

/// Texts as a list, each counted before it is created.
fn texts<'v, 't>(of: &Use<'v, '_>, parts: impl Iterator<Item = &'t str>) -> Applied<'v> {
    let text = |part: &str| {
        of.meter.make(part.len())?;
        Ok(Value::from(part))
    };
    of.meter.make_node()?;
    Ok(Val::made(Value::Array(parts.map(text).collect::<Result<_, Failure>>()?)))
}

fn text_of<'u>(filter: &str, of: &'u Use<'_, '_>) -> Result<&'u str, Failure> {
    let text = of.value.get().as_str().ok_or_else(|| wrong(filter, of.value.get()))?;
    of.meter.read(text.len())?;
    Ok(text)
}

pub(super) fn split<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let text = text_of("split", of)?;
    match of.argument(0) {
        None | Some(Value::Null) => texts(of, text.split_whitespace()),
        Some(Value::String(separator)) if !separator.is_empty() => texts(of, text.split(separator.as_str())),
        Some(_) => Err(Failure::type_error("`split` needs a separator")),
    }
}

pub(super) fn lines<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let text = text_of("lines", of)?;
    texts(of, text.lines())
}

pub(super) fn list<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    match of.value.get() {
        Value::Array(_) => Ok(of.value.clone()),
        Value::Object(fields) => texts(of, fields.keys().map(String::as_str)),
        Value::String(text) => {
            let mut buffer = [0; 4];
            of.meter.make_node()?;
            let character = |character: char| {
                of.meter.make(character.len_utf8())?;
                Ok(Value::from(&*character.encode_utf8(&mut buffer)))
            };
            Ok(Val::made(Value::Array(text.chars().map(character).collect::<Result<_, Failure>>()?)))
        }
        Value::Null => texts(of, std::iter::empty()),
        other => Err(wrong("list", other)),
    }
}

pub(super) fn items<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let Value::Object(fields) = of.value.get() else { return Err(wrong("items", of.value.get())) };
    let pair = |(name, field): (&String, &Value)| {
        of.meter.copy(name.len())?;
        of.meter.make_node()?;
        Ok(Value::Array(vec![name.as_str().into(), show::copied(field, of.meter)?]))
    };
    Ok(Val::made(Value::Array(fields.iter().map(pair).collect::<Result<_, Failure>>()?)))
}

pub(super) fn length<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let length = match of.value.get() {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::String(_) => text_of("length", of)?.chars().count(),
        other => return Err(wrong("length", other)),
    };
    Ok(Val::made(length.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "every filter may fail")]
pub(super) fn default<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let also_for_empty = of.argument(1).is_some_and(show::is_true);
    if also_for_empty && !show::is_true(of.value.get()) {
        return Ok(of.given(0).unwrap_or_else(|| Val::made("".into())));
    }
    Ok(of.value.clone())
}

/// One item of a list, unchanged.
fn one<'v>(of: &Use<'v, '_>, filter: &str, at: impl Fn(usize) -> Option<usize>) -> Applied<'v> {
    if let Val::Given(Value::Array(items)) = &of.value {
        return at(items.len()).and_then(|at| items.get(at)).map(Val::Given).ok_or_else(missing);
    }
    let item = match of.value.get() {
        Value::Array(items) => at(items.len()).and_then(|at| items.get(at)),
        Value::String(_) => {
            let text = text_of(filter, of)?;
            let character =
                at(text.chars().count()).and_then(|at| text.chars().nth(at)).ok_or_else(missing)?;
            return Ok(Val::made(character.to_string().into()));
        }
        other => return Err(wrong(filter, other)),
    };
    show::copied(item.ok_or_else(missing)?, of.meter).map(Val::made)
}

pub(super) fn first<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    one(of, "first", |length| (length > 0).then_some(0))
}

pub(super) fn last<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    one(of, "last", |length| length.checked_sub(1))
}

/// The items of a list.
fn list_of<'u>(filter: &str, of: &'u Use<'_, '_>) -> Result<&'u [Value], Failure> {
    let items = of.value.get().as_array().ok_or_else(|| wrong(filter, of.value.get()))?;
    of.meter.work(items.len())?;
    Ok(items)
}

/// A list of copies of items.
fn copies<'v, 'i>(of: &Use<'v, '_>, items: impl Iterator<Item = &'i Value>) -> Applied<'v> {
    of.meter.make_node()?;
    let items = items.map(|item| show::copied(item, of.meter));
    Ok(Val::made(Value::Array(items.collect::<Result<_, Failure>>()?)))
}

pub(super) fn map<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let Some(Value::String(attribute)) = of.argument(0) else {
        return Err(Failure::type_error("`map` needs the name of a field"));
    };
    let fields = list_of("map", of)?.iter().map(|item| field(item, attribute).ok_or_else(missing));
    let fields: Vec<&Value> = fields.collect::<Result<_, _>>()?;
    copies(of, fields.into_iter())
}

pub(super) fn reverse<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    if of.value.get().is_string() {
        return with_text(of, |text, made| push_characters(text.chars().rev(), made));
    }
    copies(of, list_of("reverse", of)?.iter().rev())
}

pub(super) fn unique<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for item in list_of("unique", of)? {
        let mut key = Text::new(of.meter);
        show::write_json(item, None, &mut key, of.meter)?;
        if seen.insert(key.finish()) {
            kept.push(item);
        }
    }
    copies(of, kept.into_iter())
}

pub(super) fn sort<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let flag = |at: usize| of.argument(at).is_some_and(show::is_true);
    let (is_reversed, is_case_sensitive) = (flag(0), flag(1));
    let attribute = of.argument(2).and_then(Value::as_str);
    let mut keyed = Vec::new();
    for item in list_of("sort", of)? {
        let key = attribute.map_or(Some(item), |attribute| field(item, attribute)).ok_or_else(missing)?;
        keyed.push((sort_key(key, is_case_sensitive, of)?, item));
    }
    // Each item is compared about as often as the list can be halved.
    let rounds = usize::try_from(keyed.len().checked_ilog2().unwrap_or_default()).unwrap_or_default() + 1;
    let longest = keyed.iter().map(|((_, _, text), _)| text.len()).max().unwrap_or_default();
    of.meter.work(keyed.len().saturating_mul(rounds).saturating_mul(longest / 64 + 1))?;
    keyed.sort_by(|(one, _), (other, _)| {
        let order =
            one.0.cmp(&other.0).then_with(|| one.1.total_cmp(&other.1)).then_with(|| one.2.cmp(&other.2));
        if is_reversed { order.reverse() } else { order }
    });
    copies(of, keyed.into_iter().map(|(_, item)| item))
}

/// The sort key: numbers come before texts, and texts before everything else.
fn sort_key(key: &Value, is_case_sensitive: bool, of: &Use<'_, '_>) -> Result<(u8, f64, String), Failure> {
    if let Some(number) = number::float(key) {
        return Ok((0, number, String::new()));
    }
    let Value::String(text) = key else { return Ok((2, 0.0, String::new())) };
    let mut made = Text::new(of.meter);
    if is_case_sensitive {
        made.push(text)?;
    } else {
        push_characters(text.chars().flat_map(char::to_lowercase), &mut made)?;
    }
    Ok((1, 0.0, made.finish()))
}

fn extreme<'v>(of: &Use<'v, '_>, filter: &str, wanted: Ordering) -> Applied<'v> {
    let mut items = list_of(filter, of)?.iter();
    let mut best = items.next().ok_or_else(missing)?;
    for item in items {
        match compare::order(item, best, of.meter)? {
            Some(order) if order == wanted => best = item,
            Some(_) => {}
            None => return Err(Failure::type_error("these items have no order")),
        }
    }
    show::copied(best, of.meter).map(Val::made)
}

pub(super) fn min<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    extreme(of, "min", Ordering::Less)
}

pub(super) fn max<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    extreme(of, "max", Ordering::Greater)
}

pub(super) fn sum<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let mut sum = Value::from(0);
    for item in list_of("sum", of)? {
        let added = number::calculate(Operator::Add, &sum, item);
        sum = added.ok_or_else(|| wrong("sum", item))??;
    }
    Ok(Val::made(sum))
}

pub(super) fn abs<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let value = of.value.get();
    let is_negative = number::float(value).ok_or_else(|| wrong("abs", value))? < 0.0;
    let sign = if is_negative { -1 } else { 1 };
    let product = number::calculate(Operator::Multiply, &sign.into(), value);
    Ok(Val::made(product.ok_or_else(|| wrong("abs", value))??))
}

pub(super) fn int<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let value = of.value.get();
    let number = match value {
        Value::String(_) => text_of("int", of)?.trim().parse::<i64>().ok(),
        other => number::integer(other),
    };
    let whole = number.or_else(|| {
        let float = match value {
            Value::String(text) => text.trim().parse().ok()?,
            other => number::float(other)?,
        };
        whole(float.trunc())
    });
    match (whole, of.given(0)) {
        (Some(number), _) => Ok(Val::made(number.into())),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(wrong("int", value)),
    }
}

pub(super) fn float<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let value = of.value.get();
    let float = match value {
        Value::String(_) => text_of("float", of)?.trim().parse().ok(),
        other => number::float(other),
    };
    match (float, of.given(0)) {
        (Some(float), _) => number::of_float(float).map(Val::made),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(wrong("float", value)),
    }
}

pub(super) fn round<'v>(of: &Use<'v, '_>) -> Applied<'v> {
    let value = of.value.get();
    if value.is_i64() || value.is_u64() {
        return Ok(of.value.clone());
    }
    let float = number::float(value).ok_or_else(|| wrong("round", value))?;
    let precision = of.argument(0).map_or(Some(0), number::integer);
    let precision = precision.and_then(|it| i32::try_from(it).ok()).filter(|it| it.abs() <= 20);
    let precision = precision.ok_or_else(|| Failure::type_error("`round` needs a number of digits"))?;
    let scale = 10f64.powi(precision);
    number::of_float((float * scale).round_ties_even() / scale).map(Val::made)
}

/// A float without a fraction as an integer.
fn whole(float: f64) -> Option<i64> {
    // From this size on every float is a whole number.
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is within the integers that a float holds exactly"
    )]
    (float.abs() <= LIMIT).then_some(float as i64)
}
