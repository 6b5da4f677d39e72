//! Masking secrets in text that is shown or kept.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};

use crate::spelling::{alone_in_base64, has_escapes, is_spelled, places, within_base64};
use crate::{Departure, Failure, Response};

/// What a sensitive value is replaced by.
pub const MASK: &str = "***";

/// Secrets that must not be shown, in any spelling: as they are, escaped as in URLs, JSON and HTML, and in base64,
/// alone or within a longer text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Masked wherever they occur, in escaped form too.
    inside: Vec<String>,
    /// Masked wherever they occur in exactly this form.
    encoded: Vec<String>,
    /// Masked where they are the whole text, in exactly this form.
    exact: HashSet<String>,
    /// Every secret: masked where it is the whole text, in escaped form too.
    known: HashSet<String>,
    /// The same, in a fixed order.
    alone: Vec<String>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.known.len()).finish_non_exhaustive()
    }
}

impl Mask {
    /// Adds a secret. One of fewer than `shortest` characters may occur anywhere by chance, so it is masked only where
    /// it is the whole text.
    pub fn hide(&mut self, secret: &str, shortest: usize) {
        if secret.is_empty() || !self.known.insert(secret.to_owned()) {
            return;
        }
        self.alone.push(secret.to_owned());
        self.exact.extend(alone_in_base64(secret));
        if secret.chars().nth(shortest.saturating_sub(1)).is_some() {
            self.inside.push(secret.to_owned());
            self.encoded.extend(within_base64(secret));
        }
    }

    /// Adds a text that is masked where it is the whole text.
    pub fn hide_alone(&mut self, text: &str) {
        self.hide(text, usize::MAX);
    }

    /// Adds everything that `other` masks.
    pub fn hide_all_of(&mut self, other: &Self) {
        let Self { inside, encoded, exact, known, alone } = other;
        for (mine, theirs) in
            [(&mut self.inside, inside), (&mut self.encoded, encoded), (&mut self.alone, alone)]
        {
            let new: Vec<String> = theirs.iter().filter(|form| !mine.contains(form)).cloned().collect();
            mine.extend(new);
        }
        self.exact.extend(exact.iter().cloned());
        self.known.extend(known.iter().cloned());
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The text with every secret in it masked. Overlapping secrets are masked together, so that no part of one shows.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.masked(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text with every secret in it masked; `None` if there is nothing to mask.
    fn masked(&self, text: &str) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        if self.is_secret(text.trim()) {
            return Some(MASK.to_owned());
        }
        let mut found = Vec::new();
        self.inside.iter().for_each(|secret| places(text, secret, &mut found));
        let mut encoded = Vec::new();
        self.encoded.iter().for_each(|form| exact_places(text, form, &mut encoded));
        found.extend(encoded.into_iter().map(|place| with_digits_beside(text, place)));
        (!found.is_empty()).then(|| covered(text, found))
    }

    /// The value with every secret in it masked, in keys too. Parts without a secret are moved, never copied.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        if !self.is_empty() {
            self.mask_value(&mut value);
        }
        value
    }

    /// The object with every secret in it masked, in keys too. Parts without a secret are moved, never copied.
    #[must_use]
    pub fn object(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        if !self.is_empty() {
            self.mask_object(&mut object);
        }
        object
    }

    fn mask_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.mask_text(text),
            Value::Number(number) if self.is_secret(&number.to_string()) => *value = MASK.into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item)),
            Value::Object(fields) => self.mask_object(fields),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_object(&self, object: &mut Map<String, Value>) {
        object.values_mut().for_each(|field| self.mask_value(field));
        // Only a map with a secret in one of its keys is built anew.
        if object.keys().any(|key| self.masked(key).is_some()) {
            let fields = std::mem::take(object).into_iter();
            *object = fields.map(|(key, field)| (self.text(&key), field)).collect();
        }
    }

    fn mask_text(&self, text: &mut String) {
        if let Some(masked) = self.masked(text) {
            *text = masked;
        }
    }

    /// The answer with every secret in it masked, in headers too.
    #[must_use]
    pub fn response(&self, mut response: Response) -> Response {
        if self.is_empty() {
            return response;
        }
        response.headers =
            response.headers.iter().map(|(name, value)| (self.text(name), self.text(value))).collect();
        for Departure { pointer, expected } in &mut response.departures {
            self.mask_text(pointer);
            self.mask_text(expected);
        }
        self.mask_value(&mut response.body);
        response
    }

    /// The failure with every secret in its message masked.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> Failure {
        Failure::new(failure.kind, self.text(&failure.message))
    }

    fn is_secret(&self, text: &str) -> bool {
        let is_exactly = self.known.contains(text) || self.exact.contains(text);
        is_exactly || (has_escapes(text) && self.alone.iter().any(|secret| is_spelled(text, secret)))
    }
}

/// The text with every occurrence of these secrets replaced by [`MASK`], in exactly this spelling.
///
/// Overlapping occurrences, of one secret or of several, are masked together, so that no part of one shows; the order
/// of the secrets does not matter. An empty secret masks nothing.
pub fn mask<'s>(text: &str, secrets: impl IntoIterator<Item = &'s str>) -> String {
    let mut found = Vec::new();
    secrets.into_iter().for_each(|secret| exact_places(text, secret, &mut found));
    covered(text, found)
}

/// The text with these ranges masked.
fn covered(text: &str, mut hidden: Vec<(usize, usize)>) -> String {
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

/// A place in base64 with the digit on either side of it, which holds a few bits of what is there too.
fn with_digits_beside(text: &str, (start, end): (usize, usize)) -> (usize, usize) {
    let is_digit =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
    let bytes = text.as_bytes();
    let before = start.checked_sub(1).filter(|at| is_digit(bytes.get(*at)));
    let after = Some(end + 1).filter(|_| is_digit(bytes.get(end)));
    (before.unwrap_or(start), after.unwrap_or(end))
}

/// Every occurrence of `needle`, overlapping ones included.
fn exact_places(text: &str, needle: &str, found: &mut Vec<(usize, usize)>) {
    let Some(first) = needle.chars().next() else { return };
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(needle)).map(|at| from + at) {
        found.push((start, start + needle.len()));
        from = start + first.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hiding(secrets: &[&str]) -> Mask {
        let mut mask = Mask::default();
        for secret in secrets {
            mask.hide(secret, 6);
        }
        mask
    }

    #[test]
    fn no_end_of_a_secret_shows() {
        assert_eq!(mask("a foobar b", ["foo", "foobar"]), "a *** b");
        assert_eq!(mask("a foobar b", ["foobar", "foo"]), "a *** b");
        // A secret that overlaps itself: `match_indices` would leave the last two letters.
        assert_eq!(mask("x ababa y", ["aba"]), "x *** y");
        assert_eq!(mask("éaéaé", ["éaé"]), "***");
        assert_eq!(mask("plain", ["", "secret"]), "plain");
        assert_eq!(hiding(&["secret", "secret-2"]).text("a secret-2 b secret"), "a *** b ***");
        assert_eq!(hiding(&["ababab"]).text("x abababab y"), "x *** y");
    }

    #[test]
    fn a_secret_is_masked_in_every_form_and_everywhere() {
        let secret = "sk/live+TOKEN 123";
        let mask = hiding(&[secret]);
        let shown = mask.value(json!({
            "message": format!("bad credentials: Bearer {secret}!"),
            (secret): ["?key=sk%2Flive%2BTOKEN%20123&x", "sk%2flive%2BTOKEN+123"],
            "html": "<b>sk&#x2F;live&#43;TOKEN 123</b>",
            "alone": "c2svbGl2ZStUT0tFTiAxMjM",
            "basic": "Basic dXNlcjpzay9saXZlK1RPS0VOIDEyMw==",
            "other": "as it is", "number": 7,
        }));
        assert_eq!(shown["message"], "bad credentials: Bearer ***!");
        assert_eq!(shown["***"], json!(["?key=***&x", "***"]));
        assert_eq!((&shown["html"], &shown["alone"]), (&json!("<b>***</b>"), &json!("***")));
        // What is left of the base64 says nothing but what stands beside the secret.
        assert_eq!(shown["basic"], "Basic dXNlcj***==");
        assert_eq!((&shown["other"], &shown["number"]), (&json!("as it is"), &json!(7)));
    }

    #[test]
    fn a_short_secret_is_masked_only_where_it_is_all_there_is() {
        let mut mask = hiding(&["12a", "a/b"]);
        mask.hide_alone("Bearer 12a");
        let shown = mask.value(json!(["12a", "v12ab", "Bearer 12a", {"12a": 1}, "a%2Fb", "MTJh", " 12a\n"]));
        assert_eq!(shown, json!(["***", "v12ab", "***", {"***": 1}, "***", "***", "***"]));
        assert_eq!(hiding(&["1234567"]).value(json!([1_234_567, 12])), json!(["***", 12]));
    }

    #[test]
    fn masks_are_put_together() {
        let mut mask = hiding(&["first-one"]);
        mask.hide_all_of(&hiding(&["second-one", "2nd"]));
        assert_eq!(mask.text("first-one second-one 2nd"), "*** *** 2nd");
        assert_eq!(mask.text("2nd"), "***");
        assert!(Mask::default().is_empty() && !mask.is_empty());
        assert!(!format!("{mask:?}").contains("one"));
    }

    #[test]
    fn without_a_secret_nothing_changes() {
        let response = Response::new(200, indexmap::IndexMap::new(), json!({"a": ["b", ""]}));
        assert_eq!(Mask::default().response(response.clone()), response);
        assert_eq!(hiding(&[""]).text(""), "");
    }
}
