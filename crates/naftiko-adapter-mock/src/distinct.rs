//! Generates different values of one schema, for lists whose items must differ.
//!
//! The search lists candidates (the values of `enum` and `const`, both booleans, the numbers between bounds, the texts
//! of a pattern, and combinations of them in small objects and lists), and a validator rejects those that do not fit.
//! If a schema allows few values, all of them are candidates.

use std::cell::Cell;

use naftiko_schema::{Formats, Options, Schema, Verdict};
use serde_json::{Map, Value, json};

use crate::pattern;
use crate::scalar::whole_or_exact;
use crate::shape::Shape;

/// The maximum nesting depth of objects and lists in a candidate.
const DEEPEST: usize = 3;
/// The number of choices of branches of `oneOf` and `anyOf` that the search tries; a multiple of the usual numbers of
/// branches.
const MOST_CHOICES: usize = 12;
/// The maximum number of subschemas that the search reads.
const MOST_PARTS: usize = 256;
/// The maximum `minLength` in characters for which numbered texts are generated.
const LONGEST: usize = 1_000;
/// The maximum number of candidates of one search, including those of nested values.
const MOST_CANDIDATES: usize = 50_000;
/// The maximum number of items by which a list exceeds its minimum.
const FURTHER_ITEMS: usize = 3;

/// Up to `most` different values that fit all of `schemas`; fewer if the search finds no more.
pub(crate) fn values<'a>(
    definitions: &'a Map<String, Value>,
    schemas: &[&'a Value],
    most: usize,
) -> Vec<Value> {
    let options = Options { formats: Formats::Common, lenient: false, ..Options::RECEIVED };
    let validator = Schema::compile(&json!({ "allOf": schemas }), definitions, options);
    let most_candidates = most.saturating_mul(4).saturating_add(16);
    let search = Search { definitions, most: most_candidates, left: Cell::new(MOST_CANDIDATES) };
    let mut values: Vec<Value> = Vec::new();
    for candidate in search.candidates(schemas, 0) {
        if values.len() >= most {
            break;
        }
        let is_new = !values.iter().any(|value| equal(value, &candidate));
        if is_new && validator.verdict(&candidate) != Verdict::Fails {
            values.push(candidate);
        }
    }
    values
}

/// Whether two values are equal for `uniqueItems`: numbers are compared by value, and a text never equals a number.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let has =
                |(name, value): (&String, &Value)| right.get(name).is_some_and(|other| equal(value, other));
            left.len() == right.len() && left.iter().all(has)
        }
        _ => left == right,
    }
}

/// Lists candidates.
struct Search<'a> {
    definitions: &'a Map<String, Value>,
    /// The maximum number of candidates of each kind.
    most: usize,
    /// The number of candidates that the search may still list.
    left: Cell<usize>,
}

impl<'a> Search<'a> {
    /// Values that may fit all of `schemas`.
    fn candidates(&self, schemas: &[&'a Value], depth: usize) -> Vec<Value> {
        let (parts, branches) = self.parts(schemas);
        let mut out: Vec<Value> = Vec::new();
        for part in parts {
            out.extend(part.get("const").cloned());
            let lists = ["enum", "examples"].into_iter().filter_map(|keyword| part.get(keyword)?.as_array());
            out.extend(lists.flatten().cloned());
        }
        let choices = if branches.is_empty() { 1 } else { MOST_CHOICES };
        let of_choice = |choice| Shape::of_choice(self.definitions, schemas, None, choice);
        let alone = branches.iter().map(|branch| Shape::of(self.definitions, &[*branch], None));
        for shape in (0..choices).map(of_choice).chain(alone) {
            if shape.nullable() {
                out.push(Value::Null);
            }
            if self.left.get() == 0 {
                break;
            }
            for kind in shape.types().unwrap_or_else(|| vec!["boolean", "string"]) {
                let candidates = self.of_kind(&shape, kind, depth);
                self.left.set(self.left.get().saturating_sub(candidates.len().max(1)));
                out.extend(candidates);
            }
        }
        out
    }

    /// The subschemas that apply to the value itself, and the branches of unions among them.
    fn parts(&self, schemas: &[&'a Value]) -> (Vec<&'a Map<String, Value>>, Vec<&'a Value>) {
        let mut parts: Vec<&'a Map<String, Value>> = Vec::new();
        let mut branches: Vec<&'a Value> = Vec::new();
        let mut waiting: Vec<&'a Value> = schemas.to_vec();
        while let Some(schema) = waiting.pop() {
            let Some(map) = schema.as_object() else { continue };
            if parts.len() >= MOST_PARTS || parts.iter().any(|part| std::ptr::eq(*part, map)) {
                continue;
            }
            parts.push(map);
            let name = map.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix("#/$defs/"));
            waiting.extend(name.and_then(|name| self.definitions.get(name)));
            let of = |keyword: &str| map.get(keyword).and_then(Value::as_array).into_iter().flatten();
            waiting.extend(of("allOf"));
            waiting.extend(of("oneOf").chain(of("anyOf")));
            branches.extend(of("oneOf").chain(of("anyOf")));
        }
        (parts, branches)
    }

    fn of_kind(&self, shape: &Shape<'a>, kind: &str, depth: usize) -> Vec<Value> {
        match kind {
            "boolean" => vec![Value::from(false), Value::from(true)],
            "integer" | "number" => self.numbers(shape, kind),
            "string" => self.texts(shape),
            "array" if depth < DEEPEST => self.arrays(shape, depth),
            "object" if depth < DEEPEST => self.objects(shape, depth),
            _ => Vec::new(),
        }
    }

    /// Multiples of the step: from the lower bound upward, else from the upper bound downward, else from 1 upward. Then
    /// fractions between the bounds.
    fn numbers(&self, shape: &Shape<'a>, kind: &str) -> Vec<Value> {
        let bound = |left: Option<f64>, right: Option<f64>, pick: fn(f64, f64) -> f64| {
            left.into_iter().chain(right).reduce(pick)
        };
        let low = bound(shape.least("minimum"), shape.least("exclusiveMinimum"), f64::max);
        let high = bound(shape.most("maximum"), shape.most("exclusiveMaximum"), f64::min);
        let multiple = shape.least("multipleOf").filter(|step| *step > 0.0);
        let step = multiple.unwrap_or(1.0);
        let (start, direction) = match (low, high) {
            (Some(low), _) => ((low / step).ceil(), 1.0),
            (None, Some(high)) => ((high / step).floor(), -1.0),
            (None, None) => (1.0, 1.0),
        };
        let indexes = || (0..u32::try_from(self.most).unwrap_or(u32::MAX)).map(f64::from);
        // Rounded, because 3 times 0.1 is not 0.3 in binary floating point.
        let rounded = |number: f64| {
            if multiple.is_some() && number.abs() < 1.0e6 { (number * 1.0e9).round() / 1.0e9 } else { number }
        };
        let within =
            |number: &f64| low.is_none_or(|low| *number >= low) && high.is_none_or(|high| *number <= high);
        let steps = indexes().map(|index| rounded((start + direction * index) * step)).take_while(within);
        let mut numbers: Vec<Value> = steps.filter_map(whole_or_exact).collect();
        if let (Some(low), Some(high), None, "number") = (low, high, multiple, kind) {
            let parts = u32::try_from(self.most).map_or(1.0, f64::from) + 1.0;
            let between = indexes().map(|index| low + (high - low) * (index + 1.0) / parts);
            numbers.extend(between.filter_map(whole_or_exact));
        }
        numbers
    }

    /// The texts of each pattern; if there are none, the empty text and numbered texts of the least length.
    fn texts(&self, shape: &Shape<'a>) -> Vec<Value> {
        let least = shape.count("minLength").unwrap_or(0);
        let most = shape.count("maxLength").unwrap_or(usize::MAX);
        let patterns = shape.keyword("pattern").filter_map(Value::as_str);
        let mut texts: Vec<String> =
            patterns.flat_map(|pattern| pattern::language(pattern, self.most)).collect();
        if texts.is_empty() && least <= LONGEST {
            texts.push(String::new());
            let shortest = least.max(1);
            texts.extend((0..self.most).filter_map(|number| numbered(number, shortest, most)));
        }
        texts.into_iter().map(Value::from).collect()
    }

    /// Lists of combinations of items, of every length from the minimum on.
    fn arrays(&self, shape: &Shape<'a>, depth: usize) -> Vec<Value> {
        let least = shape.count("minItems").unwrap_or(0);
        let most = shape.count("maxItems").unwrap_or(usize::MAX).min(least.saturating_add(FURTHER_ITEMS));
        let mut out: Vec<Value> = Vec::new();
        if least > self.most {
            return out;
        }
        let mut items: Vec<Vec<Value>> = Vec::new();
        for length in 0..=most {
            if length >= least {
                out.extend(combinations(&items, self.most).into_iter().map(Value::Array));
            }
            if out.len() >= self.most {
                break;
            }
            items.push(values_within(self, &shape.item(length), depth));
        }
        out
    }

    /// Objects of combinations of values of their declared properties; optional properties are also left out.
    fn objects(&self, shape: &Shape<'a>, depth: usize) -> Vec<Value> {
        let properties = shape.properties();
        let required = shape.required();
        let mut names: Vec<&str> = properties.keys().copied().collect();
        names.extend(required.iter().copied().filter(|name| !properties.contains_key(name)));
        let options: Vec<Vec<Option<Value>>> = names
            .iter()
            .map(|name| {
                let absent = (!required.contains(name)).then_some(None);
                let schemas = properties.get(name).cloned().unwrap_or_default();
                absent.into_iter().chain(values_within(self, &schemas, depth).into_iter().map(Some)).collect()
            })
            .collect();
        let objects = combinations(&options, self.most).into_iter().map(|fields| {
            let named = names.iter().map(|name| (*name).to_owned()).zip(fields);
            Value::Object(named.filter_map(|(name, value)| Some((name, value?))).collect())
        });
        objects.collect()
    }
}

/// The values of a nested value that fit its schemas.
fn values_within<'a>(search: &Search<'a>, schemas: &[&'a Value], depth: usize) -> Vec<Value> {
    let options = Options { formats: Formats::Common, lenient: false, ..Options::RECEIVED };
    let validator = Schema::compile(&json!({ "allOf": schemas }), search.definitions, options);
    let candidates = search.candidates(schemas, depth + 1).into_iter().take(search.most);
    candidates.filter(|candidate| validator.verdict(candidate) != Verdict::Fails).collect()
}

/// Up to `most` combinations that take one element of each list; the first list varies fastest.
fn combinations<T: Clone>(lists: &[Vec<T>], most: usize) -> Vec<Vec<T>> {
    let total = lists.iter().fold(1_usize, |total, list| total.saturating_mul(list.len()));
    let combination = |number: usize| -> Vec<T> {
        let mut left = number;
        let pick = |list: &Vec<T>| {
            let at = left.checked_rem(list.len())?;
            left /= list.len();
            list.get(at).cloned()
        };
        lists.iter().filter_map(pick).collect()
    };
    (0..total.min(most)).map(combination).collect()
}

/// A number in base 36, padded to `least` characters; `None` if it is longer than `most`.
fn numbered(number: usize, least: usize, most: usize) -> Option<String> {
    let mut digits: Vec<char> = Vec::new();
    let mut left = number;
    while left > 0 || digits.is_empty() {
        digits.push(char::from_digit(u32::try_from((left + 10) % 36).ok()?, 36)?);
        left /= 36;
    }
    let text: String = std::iter::repeat_n('a', least.saturating_sub(digits.len()))
        .chain(digits.into_iter().rev())
        .collect();
    (text.len() <= most).then_some(text)
}
