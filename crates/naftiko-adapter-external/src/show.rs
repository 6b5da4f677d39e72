//! Values as short lines for people: similar to YAML, with a limit on their number.

use naftiko_text::{Printable, is_hidden, printable};
use serde_json::Value;

/// The maximum number of lines.
const MOST_LINES: usize = 120;
/// The maximum depth; deeper values are shown as JSON on one line.
const MOST_LEVELS: usize = 8;

/// Lines for the entries of `map`, each indented by two spaces.
pub(crate) fn entries<'a>(map: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Printable {
    let mut lines = Lines { lines: Vec::new(), left_out: 0 };
    lines.map(map, 1);
    let mut text = Printable::new();
    for line in &lines.lines {
        text.push_line(line);
    }
    if lines.left_out > 0 {
        text.push(&printable!("  … and {} more lines\n", lines.left_out));
    }
    text
}

struct Lines {
    lines: Vec<Printable>,
    left_out: usize,
}

impl Lines {
    fn push(&mut self, level: usize, text: &Printable) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(Printable::spaces(2 * level) + text);
        } else {
            self.left_out += 1;
        }
    }

    fn map<'a>(&mut self, map: impl IntoIterator<Item = (&'a String, &'a Value)>, level: usize) {
        for (key, value) in map {
            self.entry(&printable!("{}:", scalar_text(key)), value, level, level + 1);
        }
    }

    /// A value after its key or dash: on the same line, or on the lines below at level `below` if it has parts.
    fn entry(&mut self, lead: &Printable, value: &Value, level: usize, below: usize) {
        match value {
            Value::Object(map) if !map.is_empty() && level < MOST_LEVELS => {
                self.push(level, lead);
                self.map(map, below);
            }
            Value::Array(list) if !list.is_empty() && level < MOST_LEVELS => {
                self.push(level, lead);
                for item in list {
                    self.item(item, below);
                }
            }
            other => self.push(level, &printable!("{} {}", lead, scalar(other))),
        }
    }

    /// An item of a list: the first field of an object is on the line of the dash, as in YAML.
    fn item(&mut self, item: &Value, level: usize) {
        match item {
            Value::Object(map) if !map.is_empty() && level < MOST_LEVELS => {
                for (position, (key, value)) in map.iter().enumerate() {
                    let (lead, level) = if position == 0 { ("- ", level) } else { ("", level + 1) };
                    let below = if position == 0 { level + 2 } else { level + 1 };
                    self.entry(&printable!("{}{}:", lead, scalar_text(key)), value, level, below);
                }
            }
            other => self.entry(&"-".into(), other, level, level + 1),
        }
    }
}

fn scalar(value: &Value) -> Printable {
    match value {
        Value::String(text) => scalar_text(text),
        other => printable!("{}", other),
    }
}

/// Unquoted if that is unambiguous, otherwise a JSON string.
fn scalar_text(text: &str) -> Printable {
    let reads_as_something_else = serde_json::from_str::<Value>(text).is_ok() || text.parse::<f64>().is_ok();
    let bare = !text.is_empty()
        && text.trim() == text
        && !reads_as_something_else
        && !text.starts_with(['"', '\'', '[', '{', '-', '#', '&', '*', '!', '|', '>', '%', '@', '`'])
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.contains(is_hidden);
    if bare { printable!("{}", text) } else { printable!("{}", Value::from(text)) }
}
