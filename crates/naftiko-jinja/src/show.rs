//! Rendering, truth and copies of values.

use serde_json::Value;

use crate::meter::{Meter, Text};
use crate::number;
use crate::problem::Failure;

/// Renders a value; the content of lists and objects is written as in Python.
pub(crate) fn write(value: &Value, text: &mut Text<'_>, meter: &Meter) -> Result<(), Failure> {
    match value {
        Value::String(plain) => text.push(plain),
        other => write_inside(other, text, meter, 0),
    }
}

/// The maximum depth of lists and objects.
const MAX_DEPTH: usize = 200;

fn write_inside(value: &Value, text: &mut Text<'_>, meter: &Meter, depth: usize) -> Result<(), Failure> {
    meter.work(1)?;
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    match value {
        Value::Null => text.push("None"),
        Value::Bool(true) => text.push("True"),
        Value::Bool(false) => text.push("False"),
        Value::Number(number) => text.push(&number::written(number)),
        Value::String(inner) => write_quoted(inner, text),
        Value::Array(items) => {
            text.push("[")?;
            for (at, item) in items.iter().enumerate() {
                text.push(if at > 0 { ", " } else { "" })?;
                write_inside(item, text, meter, depth + 1)?;
            }
            text.push("]")
        }
        Value::Object(fields) => {
            text.push("{")?;
            for (at, (name, field)) in fields.iter().enumerate() {
                text.push(if at > 0 { ", " } else { "" })?;
                write_quoted(name, text)?;
                text.push(": ")?;
                write_inside(field, text, meter, depth + 1)?;
            }
            text.push("}")
        }
    }
}

fn too_deep() -> Failure {
    Failure::type_error("a value nests too deep")
}

fn write_quoted(inner: &str, text: &mut Text<'_>) -> Result<(), Failure> {
    let quote = if inner.contains('\'') && !inner.contains('"') { "\"" } else { "'" };
    text.push(quote)?;
    let special = |character: char| {
        character == '\\'
            || character == '\n'
            || character == '\r'
            || character == '\t'
            || quote.contains(character)
    };
    for part in inner.split_inclusive(special) {
        let end = part.chars().next_back().filter(|it| special(*it));
        let plain = end.map_or(part, |end| part.strip_suffix(end).unwrap_or(part));
        text.push(plain)?;
        match end {
            Some('\n') => text.push("\\n")?,
            Some('\r') => text.push("\\r")?,
            Some('\t') => text.push("\\t")?,
            Some('\\') => text.push("\\\\")?,
            Some(_) => {
                text.push("\\")?;
                text.push(quote)?;
            }
            None => {}
        }
    }
    text.push(quote)
}

/// Renders a value as JSON, with line breaks if `indent` is given.
pub(crate) fn write_json(
    value: &Value,
    indent: Option<usize>,
    text: &mut Text<'_>,
    meter: &Meter,
) -> Result<(), Failure> {
    json_inside(value, indent, text, meter, 1)
}

fn json_inside(
    value: &Value,
    indent: Option<usize>,
    text: &mut Text<'_>,
    meter: &Meter,
    depth: usize,
) -> Result<(), Failure> {
    meter.work(1)?;
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    let (open, close, length) = match value {
        Value::String(inner) => return json_text(inner, text, meter),
        Value::Array(items) => ("[", "]", items.len()),
        Value::Object(fields) => ("{", "}", fields.len()),
        other => return text.push(&other.to_string()),
    };
    text.push(open)?;
    let entry = |at: usize, name: Option<&str>, inner: &Value, text: &mut Text<'_>| {
        text.push(match (at, indent) {
            (0, _) => "",
            (_, Some(_)) => ",",
            (_, None) => ", ",
        })?;
        new_line(indent, depth, text)?;
        if let Some(name) = name {
            json_text(name, text, meter)?;
            text.push(": ")?;
        }
        json_inside(inner, indent, text, meter, depth + 1)
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| entry(at, None, item, text))?;
        }
        Value::Object(fields) => {
            let mut fields = fields.iter().enumerate();
            fields.try_for_each(|(at, (name, field))| entry(at, Some(name), field, text))?;
        }
        _ => {}
    }
    if length > 0 {
        new_line(indent, depth - 1, text)?;
    }
    text.push(close)
}

fn json_text(inner: &str, text: &mut Text<'_>, meter: &Meter) -> Result<(), Failure> {
    // A text beyond the length limit is not copied first.
    meter.make(inner.len())?;
    text.push(&Value::from(inner).to_string())
}

fn new_line(indent: Option<usize>, depth: usize, text: &mut Text<'_>) -> Result<(), Failure> {
    let Some(indent) = indent else { return Ok(()) };
    text.push("\n")?;
    (0..indent.saturating_mul(depth)).try_for_each(|_| text.push(" "))
}

/// Whether a value counts as true: it is neither zero nor empty.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The type of a value in words, without the value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "none",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A copy of a value, which is counted.
pub(crate) fn copied(value: &Value, meter: &Meter) -> Result<Value, Failure> {
    count(value, meter)?;
    Ok(value.clone())
}

fn count(value: &Value, meter: &Meter) -> Result<(), Failure> {
    match value {
        Value::String(text) => meter.copy(text.len()),
        Value::Array(items) => {
            meter.make_node()?;
            items.iter().try_for_each(|item| count(item, meter))
        }
        Value::Object(fields) => {
            meter.make_node()?;
            fields.iter().try_for_each(|(name, field)| {
                meter.copy(name.len())?;
                count(field, meter)
            })
        }
        _ => meter.make_node(),
    }
}
