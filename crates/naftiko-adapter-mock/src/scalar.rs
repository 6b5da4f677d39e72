//! Generates strings, numbers and booleans that fit their schema.

use naftiko_schema::{Options, Schema, Verdict};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::mint::Mint;
use crate::pattern;
use crate::shape::{Shape, type_of};

/// The maximum length to which texts are padded, in characters.
const LONGEST: usize = 10_000;

/// The inputs for generating a value.
pub(crate) struct Known<'a, 'v> {
    pub(crate) shape: &'a Shape<'a>,
    /// The chosen type.
    pub(crate) kind: &'a str,
    /// The name of the field.
    pub(crate) name: &'v str,
    /// The path of the value in the body.
    pub(crate) place: &'v str,
    /// The wanted value.
    pub(crate) wish: Option<&'v Value>,
    /// The id that the value refers to, if it is a known reference.
    pub(crate) referred: Option<&'v Value>,
    /// Whether the value is an id, of its own object or of another one.
    pub(crate) is_id: bool,
    /// The example from the description.
    pub(crate) example: Option<&'v Value>,
    /// The number of the value among values that must differ.
    pub(crate) variant: usize,
}

/// The first candidate that fits; if none does, the last one.
pub(crate) fn make(known: &Known<'_, '_>, mint: &Mint) -> Value {
    let fits = |value: &Value| fits(known.shape, known.kind, value);
    if let Some(value) = known.wish.and_then(|wish| coerced(known.kind, wish)).filter(fits) {
        return value;
    }
    let mut candidates: Vec<Value> = known.referred.cloned().into_iter().collect();
    if known.is_id && known.variant == 0 {
        candidates.extend(ids(known, mint));
    }
    candidates.extend(moment(known, mint));
    let shown = known.example.into_iter().chain(known.shape.keyword("default")).cloned();
    let mut shown: Vec<Value> = shown.chain(known.shape.fixed().into_iter().cloned()).collect();
    if !shown.is_empty() {
        let turn = known.variant % shown.len();
        shown.rotate_left(turn);
    }
    candidates.extend(shown);
    match known.kind {
        "string" => candidates.extend(texts(known, mint)),
        "boolean" => candidates.push(Value::Bool(known.variant == 0)),
        _ => candidates.extend(numbers(known)),
    }
    let last = candidates.last().cloned().unwrap_or(Value::Null);
    candidates.into_iter().find(fits).unwrap_or(last)
}

/// Converts a wish to the type of the schema, since values from a path or a query are texts.
fn coerced(kind: &str, wish: &Value) -> Option<Value> {
    match (kind, wish) {
        ("integer" | "number" | "boolean", Value::String(text)) => {
            serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean())
        }
        ("string", Value::Number(_) | Value::Bool(_)) => Some(Value::from(wish.to_string())),
        _ => Some(wish.clone()),
    }
}

fn ids(known: &Known<'_, '_>, mint: &Mint) -> Vec<Value> {
    if known.kind != "string" {
        return vec![Value::from(mint.integer(known.place))];
    }
    if known.shape.keyword("format").any(|format| format == "uuid") {
        return vec![Value::from(mint.uuid(known.place))];
    }
    let most = known.shape.count("maxLength").unwrap_or(usize::MAX);
    let ulid = mint.ulid(known.place);
    let end: String = ulid.chars().rev().take(most).collect();
    let mut ids = vec![
        Value::from(mint.id(known.place, known.example.and_then(Value::as_str))),
        Value::from(ulid),
        Value::from(mint.uuid(known.place)),
        Value::from(end),
    ];
    ids.extend(patterned(known, mint));
    ids
}

/// Texts that match the patterns of the schema.
fn patterned(known: &Known<'_, '_>, mint: &Mint) -> Vec<Value> {
    let least = known.shape.count("minLength").unwrap_or(0);
    let most = known.shape.count("maxLength").unwrap_or(usize::MAX);
    let place = format!("{}#{}", known.place, known.variant);
    let bits = |salt| mint.bits(&place, salt);
    let patterns = known.shape.keyword("pattern").filter_map(Value::as_str);
    patterns.flat_map(|pattern| pattern::texts(pattern, least, most, &bits)).map(Value::from).collect()
}

/// The time of the call in the format of the schema; `None` if the format is not a time or a date.
fn moment(known: &Known<'_, '_>, mint: &Mint) -> Option<Value> {
    let format = known.shape.keyword("format").find_map(Value::as_str)?;
    let mut now = mint.now();
    if known.name.to_ascii_lowercase().contains("expire") {
        // An expiry must be in the future.
        now = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap_or(now);
    }
    // Times that must differ are a day and a second apart, so that both the date and the time of day differ.
    let apart =
        i64::try_from(known.variant).ok().and_then(|variant| variant.checked_mul(86_401)).unwrap_or(0);
    now = now.checked_add(jiff::SignedDuration::from_secs(apart)).unwrap_or(now);
    let text = now.to_string();
    match format {
        "date-time" => Some(Value::from(text)),
        "date" => text.split('T').next().map(Value::from),
        "time" => text.split('T').nth(1).map(Value::from),
        _ => None,
    }
}

/// Texts by format, then by the name of the field, then by pattern.
fn texts(known: &Known<'_, '_>, mint: &Mint) -> Vec<Value> {
    let format = known.shape.keyword("format").find_map(Value::as_str).unwrap_or_default();
    let number = if known.variant == 0 { String::new() } else { known.variant.to_string() };
    let by_format = match format {
        "uuid" => Some(mint.uuid(&format!("{}#{number}", known.place))),
        "email" | "idn-email" => Some(format!("person{number}@example.com")),
        "uri" | "url" | "iri" => Some(format!("https://example.com/{number}")),
        "uri-reference" => Some(format!("/{number}")),
        "hostname" => Some(format!("host{number}.example.com")),
        "ipv4" => Some(format!("192.0.2.{}", known.variant % 254 + 1)),
        "ipv6" => Some(format!("2001:db8::{:x}", known.variant % 0xfffe + 1)),
        "duration" => Some(format!("PT{}M", known.variant + 5)),
        _ => None,
    };
    let words = if known.name.is_empty() { "text".to_owned() } else { known.name.replace(['_', '-'], " ") };
    let words = if number.is_empty() { words } else { format!("{words} {number}") };
    let made = by_format.unwrap_or(words);
    let cut = cut(known, &made, &number);
    let mut texts = vec![Value::from(made), Value::from(cut)];
    texts.extend(patterned(known, mint));
    texts
}

/// The text cut or padded to the length of the schema, with its number at the end.
fn cut(known: &Known<'_, '_>, text: &str, number: &str) -> String {
    let least = known.shape.count("minLength").unwrap_or(0).min(LONGEST);
    let most = known.shape.count("maxLength").unwrap_or(usize::MAX);
    let room = most.saturating_sub(number.len());
    let stem: Vec<char> = text.strip_suffix(number).unwrap_or(text).chars().take(room).collect();
    let missing = least.saturating_sub(stem.len() + number.len());
    let number = number.chars().take(most);
    stem.into_iter().chain(std::iter::repeat_n('x', missing)).chain(number).collect()
}

/// Numbers within the bounds: multiples near 1, then the bounds, then a number between them.
fn numbers(known: &Known<'_, '_>) -> Vec<Value> {
    let shape = known.shape;
    let step = shape.least("multipleOf").filter(|step| *step > 0.0);
    let stride = step.unwrap_or(1.0);
    let above = shape.least("exclusiveMinimum");
    let below = shape.most("exclusiveMaximum");
    let least = [shape.least("minimum"), above].into_iter().flatten().reduce(f64::max);
    let most = [shape.most("maximum"), below].into_iter().flatten().reduce(f64::min);
    let near = least.unwrap_or(f64::MIN).max(most.unwrap_or(f64::MAX).min(1.0));
    let variant = u32::try_from(known.variant).map_or(0.0, f64::from);
    let upward = (near / stride).ceil() * stride;
    let downward = (near / stride).floor() * stride;
    let middle = match (least, most) {
        (Some(least), Some(most)) => least + (most - least) / 2.0,
        (Some(least), None) => least + 0.5,
        (None, Some(most)) => most - 0.5,
        (None, None) => 1.0,
    };
    let tries = [
        upward + variant * stride,
        upward + (variant + 1.0) * stride,
        downward - variant * stride,
        downward - (variant + 1.0) * stride,
    ];
    let bounds = ["minimum", "maximum"].into_iter().flat_map(|keyword| shape.keyword(keyword).cloned());
    let exact = (known.kind != "integer").then(|| Value::from(middle));
    tries.into_iter().filter_map(whole_or_exact).chain(bounds).chain(exact).collect()
}

/// A JSON number: an integer if the number is one.
pub(crate) fn whole_or_exact(number: f64) -> Option<Value> {
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        return format!("{number:.0}").parse::<i64>().ok().map(Value::from);
    }
    number.is_finite().then(|| Value::from(number))
}

/// Whether a scalar fits its schema, formats excepted.
pub(crate) fn fits(shape: &Shape<'_>, kind: &str, value: &Value) -> bool {
    let typed = match (kind, type_of(value)) {
        ("number", "integer") => true,
        (kind, found) => kind == found,
    };
    let constant = shape.keyword("const").all(|constant| constant == value);
    let listed = shape.keyword("enum").filter_map(Value::as_array).all(|list| list.contains(value));
    typed
        && constant
        && listed
        && match value {
            Value::String(text) => text_fits(shape, text),
            Value::Number(number) => number.as_f64().is_some_and(|number| number_fits(shape, number)),
            _ => true,
        }
}

fn text_fits(shape: &Shape<'_>, text: &str) -> bool {
    let length = text.chars().count();
    let mut patterns = shape.keyword("pattern").filter_map(Value::as_str);
    shape.count("minLength").is_none_or(|least| length >= least)
        && shape.count("maxLength").is_none_or(|most| length <= most)
        && patterns.all(|pattern| matches(pattern, text))
}

/// Whether a text matches a pattern. A pattern that cannot be decided counts as matched.
fn matches(pattern: &str, text: &str) -> bool {
    match Regex::new(pattern) {
        Ok(pattern) => pattern.is_match(text),
        Err(_) => {
            let schema = json!({ "pattern": pattern });
            let schema = Schema::compile(&schema, &Map::new(), Options::RECEIVED);
            schema.verdict(&Value::from(text)) != Verdict::Fails
        }
    }
}

fn number_fits(shape: &Shape<'_>, number: f64) -> bool {
    let multiple = |step: f64| {
        let times = number / step;
        (times - times.round()).abs() < 1e-9
    };
    shape.least("minimum").is_none_or(|least| number >= least)
        && shape.most("maximum").is_none_or(|most| number <= most)
        && shape.least("exclusiveMinimum").is_none_or(|least| number > least)
        && shape.most("exclusiveMaximum").is_none_or(|most| number < most)
        && shape.keyword("multipleOf").filter_map(Value::as_f64).filter(|step| *step > 0.0).all(multiple)
}
