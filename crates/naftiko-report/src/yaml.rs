//! Renders values as YAML in which no character is hidden.
//!
//! `serde_yaml` renders every value without hidden characters. It would leave most hidden characters unescaped, so a
//! text that holds one is written here instead, in double quotes with escapes. The YAML parses to an equal value.

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_text::{Printable, is_hidden, printable};
use serde::Serialize;
use serde_json::Value;
use serde_yaml::ser::Error;

/// Renders outputs as YAML; a scalar takes one line.
///
/// # Errors
/// If a value cannot be serialized, which cannot happen for JSON values.
pub fn outputs(outputs: &IndexMap<String, Arc<Value>>) -> Result<Printable, Error> {
    let outputs = outputs.iter().map(|(name, value)| (name, &**value));
    if outputs.len() == 0 { Ok(Printable::new()) } else { entries(outputs) }
}

fn entries<'a>(entries: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Result<Printable, Error> {
    let mut text = Printable::new();
    for (name, value) in entries {
        if !is_hidden_in(name) && !holds_hidden(value) {
            text.push(&laid_out(&IndexMap::from([(name, value)]))?);
            continue;
        }
        text.push(&key(name)?);
        text.push(&below(value, "  ")?);
    }
    Ok(text)
}

/// A value after its key or dash: on its line, or below it and indented.
fn below(value: &Value, indent: &'static str) -> Result<Printable, Error> {
    Ok(match value {
        Value::Object(fields) if !fields.is_empty() => {
            Printable::from("\n") + &indented(&entries(fields)?, indent, indent)
        }
        Value::Array(list) if !list.is_empty() => Printable::from("\n") + &items(list)?,
        Value::String(text) => printable!(" {}\n", quoted(text)),
        other => printable!(" {}\n", other),
    })
}

fn items(list: &[Value]) -> Result<Printable, Error> {
    let mut text = Printable::new();
    for item in list {
        text.push(&match item {
            item if !holds_hidden(item) => laid_out(&vec![item])?,
            Value::Object(fields) => indented(&entries(fields)?, "- ", "  "),
            Value::Array(list) => indented(&items(list)?, "- ", "  "),
            item => Printable::from("-") + &below(item, "")?,
        });
    }
    Ok(text)
}

fn indented(text: &Printable, first: &'static str, others: &'static str) -> Printable {
    let mut out = Printable::new();
    for (position, line) in text.lines_of().enumerate() {
        out.push_literal(if position == 0 { first } else { others });
        out.push_line(&line);
    }
    out
}

/// The key of an entry, with its colon.
fn key(name: &str) -> Result<Printable, Error> {
    if is_hidden_in(name) || name.contains('\n') {
        return Ok(printable!("{}:", quoted(name)));
    }
    let line = laid_out(&IndexMap::from([(name, Value::Bool(true))]))?;
    let written = line.strip_suffix(" true\n").unwrap_or_default().to_owned();
    Ok(Printable::from(written))
}

/// A value whose only hidden characters are line ends, rendered by `serde_yaml`: the lines of a text are indented below
/// its key.
fn laid_out<T: Serialize>(value: &T) -> Result<Printable, Error> {
    Ok(Printable::escaped_lines(&serde_yaml::to_string(value)?))
}

fn holds_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => is_hidden_in(text),
        Value::Array(items) => items.iter().any(holds_hidden),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_hidden_in(name) || holds_hidden(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_hidden_in(text: &str) -> bool {
    text.contains(|character| character != '\n' && is_hidden(character))
}

/// A text in double quotes. Unlike JSON, YAML writes a character beyond U+FFFF as one escape.
fn quoted(text: &str) -> Printable {
    let mut out = Printable::from("\"");
    for character in text.chars() {
        let code = u32::from(character);
        out.push(&match character {
            '"' => "\\\"".into(),
            '\\' => "\\\\".into(),
            '\n' => "\\n".into(),
            hidden if is_hidden(hidden) && code > 0xffff => format!("\\U{code:08x}").into(),
            hidden if is_hidden(hidden) => format!("\\u{code:04x}").into(),
            plain => Printable::from(plain.to_string()),
        });
    }
    out + &"\"".into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(values: &Value, expected: &str) {
        let values: IndexMap<String, Arc<Value>> = serde_json::from_value(values.clone()).unwrap();
        let text = outputs(&values).unwrap();
        assert_eq!(text, expected);
        assert_eq!(serde_yaml::from_str::<IndexMap<String, Arc<Value>>>(&text).unwrap(), values);
        assert!(!text.contains(|character| character != '\n' && is_hidden(character)));
    }

    #[test]
    fn outputs_are_yaml() {
        check(
            &json!({"id": "a", "n": 1, "many": [1, "b"], "deep": {"x": [[1], {"y": null}]}}),
            "id: a\n\"n\": 1\nmany:\n- 1\n- b\ndeep:\n  x:\n  - - 1\n  - \"y\": null\n",
        );
        check(&json!({}), "");
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_and_reads_back_as_it_was() {
        check(
            &json!({"a": 1, "id": "x\u{202e}y\u{9b}\\\"\n\u{e0041}é", "z": true}),
            "a: 1\nid: \"x\\u202ey\\u009b\\\\\\\"\\n\\U000e0041é\"\nz: true\n",
        );
        check(
            &json!({"deep": {"k\u{200b}": [null, "\u{feff}", {"a": "\t", "b": "c"}, ["\u{7f}"], {}], "on": {"x": "\r"}}}),
            "deep:\n  \"k\\u200b\":\n  - null\n  - \"\\ufeff\"\n  - a: \"\\u0009\"\n    b: c\n  - - \"\\u007f\"\n  - {}\n  \
             \"on\":\n    x: \"\\u000d\"\n",
        );
        check(&json!({"e\u{1b}": "ok"}), "\"e\\u001b\": \"ok\"\n");
    }

    #[test]
    fn a_line_of_a_value_is_not_taken_for_an_output() {
        let values: IndexMap<String, Arc<Value>> =
            [("text".to_owned(), json!("a\nid: forged").into())].into();
        let text = outputs(&values).unwrap();
        assert!(text.lines().skip(1).all(|line| line.starts_with(' ')), "{text}");
    }
}
