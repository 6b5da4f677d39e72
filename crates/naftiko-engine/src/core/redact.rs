//! Keeping what is sensitive out of everything that is recorded.

use std::fmt::Write as _;

use naftiko_plan::Plan;
use serde_json::{Map, Value};

/// What stands where something sensitive is not shown.
pub(super) const MASK: &str = "***";

/// The texts that must not be shown, as they are and as they may be written in a URL or in JSON.
#[derive(Debug, Clone, Default)]
pub(super) struct Redaction {
    secrets: Vec<String>,
}

impl Redaction {
    /// Hides the values of sensitive inputs.
    pub(super) fn of_inputs(plan: &Plan, inputs: &Map<String, Value>) -> Self {
        let mut redaction = Self::default();
        for input in plan.inputs.iter().filter(|input| input.sensitive) {
            if let Some(value) = inputs.get(&input.name) {
                redaction.hide(value);
            }
        }
        redaction
    }

    /// Hides a value too, and all that is in it. Booleans and null say nothing and stay.
    pub(super) fn hide(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.hide_text(&number.to_string()),
            Value::String(text) => self.hide_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.hide(field)),
        }
    }

    /// The text with every secret in it masked. Secrets that overlap are masked together, so that no end of one shows.
    pub(super) fn text(&self, text: &str) -> String {
        let mut hidden: Vec<(usize, usize)> =
            self.secrets.iter().flat_map(|secret| occurrences(text, secret)).collect();
        hidden.sort_unstable();
        let mut out = String::with_capacity(text.len());
        let mut shown_to = 0;
        for (start, end) in hidden {
            if start >= shown_to {
                out.push_str(text.get(shown_to..start).unwrap_or_default());
                out.push_str(MASK);
            }
            shown_to = shown_to.max(end);
        }
        out.push_str(text.get(shown_to..).unwrap_or_default());
        out
    }

    /// The value with every secret in it masked, in keys too.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            _ if self.secrets.is_empty() => value.clone(),
            Value::String(text) => self.text(text).into(),
            Value::Number(number) if self.secrets.contains(&number.to_string()) => MASK.into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, field)| (self.text(key), self.value(field)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn hide_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let quoted = Value::from(text).to_string();
        let escaped = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted).to_owned();
        let percent = percent_encode(text);
        for form in [text.to_owned(), percent.replace("%20", "+"), percent, escaped] {
            if !form.is_empty() && !self.secrets.contains(&form) {
                self.secrets.push(form);
            }
        }
    }
}

/// Every place of `needle`, those that overlap included.
fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(needle)?;
        from = start + text.get(start..)?.chars().next().map_or(1, char::len_utf8);
        Some((start, start + needle.len()))
    })
}

/// As RFC 3986 writes it: unreserved characters stay.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hiding(secrets: &[Value]) -> Redaction {
        let mut redaction = Redaction::default();
        for secret in secrets {
            redaction.hide(secret);
        }
        redaction
    }

    #[test]
    fn no_tail_of_a_secret_shows_when_another_is_its_prefix_or_overlaps_it() {
        let redaction = hiding(&[json!("hunter"), json!("hunter22"), json!("22x9")]);
        assert_eq!(redaction.text("a hunter22 b hunter c hunter22x9"), "a *** b *** c ***");
        assert_eq!(hiding(&[json!("aa")]).text("baaab"), "b***b");
    }

    #[test]
    fn encoded_forms_are_secrets_too() {
        let redaction = hiding(&[json!("pä \"ß&"), json!("multi\nline")]);
        assert_eq!(redaction.text("?q=p%C3%A4%20%22%C3%9F%26&r=p%C3%A4+%22%C3%9F%26"), "?q=***&r=***");
        assert_eq!(redaction.text(r#"{"x": "multi\nline"}"#), r#"{"x": "***"}"#);
    }

    #[test]
    fn what_is_inside_a_sensitive_value_is_sensitive() {
        let redaction = hiding(&[json!({"pin": 4711, "on": true, "words": ["blue moon"]})]);
        let shown = redaction.value(&json!({"said": ["a blue moon", 4711, true], "blue moon": 1}));
        assert_eq!(shown, json!({"said": ["a ***", "***", true], "***": 1}));
    }

    #[test]
    fn without_secrets_nothing_changes() {
        assert_eq!(Redaction::default().text("as it is"), "as it is");
        assert_eq!(hiding(&[json!("")]).text("as it is"), "as it is");
    }
}
