//! Masks secrets in text that is shown or stored.
//!
//! [`Mask`] is the public type. Each [`group`] of secrets is searched for with one [`automaton`], in all readings of a
//! text at the same time ([`search`], [`escapes`]).

mod automaton;
mod escapes;
mod forms;
mod group;
mod large;
mod references;
mod search;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::{Departure, Failure, Response};
use forms::trimmed;
use group::Group;
use large::Large;
use search::Scope;

/// The text that replaces a secret.
pub const MASK: &str = "***";

/// The minimum length in characters of a credential that is masked anywhere. A shorter one may occur by chance, so it
/// is masked only where it is the whole text.
pub const SHORTEST_CREDENTIAL: usize = 6;
/// The maximum length in bytes of a secret that is searched for in all encodings. A longer one is found only literally.
const LARGE: usize = 64 * 1024;
/// The minimum length in characters of a secret that is masked as a part of a number.
const SHORTEST_IN_NUMBER: usize = 8;

/// A set of secrets that must not be shown.
///
/// A secret is found literally; with any of its characters escaped as in JSON and similar languages, in URLs, in forms,
/// in HTML or in quoted-printable text, also with several of these encodings nested; and in base64 or hexadecimal
/// digits, which may be escaped and wrapped in turn. A secret of several lines is also found line by line and on one
/// line. Letters match in either case if the secret has eight characters or more.
///
/// The time to mask a text is proportional to its length, whatever the text and the secrets are.
#[derive(Clone, Default)]
pub struct Mask {
    /// Another mask whose secrets this one masks too.
    base: Option<Arc<Mask>>,
    /// Every secret, and whether it is masked inside texts too.
    known: IndexMap<Arc<str>, bool>,
    groups: Vec<Arc<Group>>,
    large: Vec<Arc<Large>>,
    /// The bits of the secrets that are numbers, as doubles.
    numbers: HashSet<u64>,
}

impl PartialEq for Mask {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known && self.base == other.base
    }
}

impl Eq for Mask {}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.known.len()).finish_non_exhaustive()
    }
}

impl Mask {
    /// A mask that extends `base`. The cost does not depend on the size of `base`.
    #[must_use]
    pub fn over(base: Arc<Self>) -> Self {
        Self { base: Some(base), ..Self::default() }
    }

    /// Adds a secret. A secret of fewer than `shortest` characters may occur anywhere by chance, so it is masked only
    /// where it is the whole text. White space around the secret is ignored; blank text is not a secret.
    pub fn hide(&mut self, secret: &str, shortest: usize) {
        self.hide_each([(secret, shortest)]);
    }

    /// Adds a credential or a text derived from one, with [`SHORTEST_CREDENTIAL`] as its `shortest`.
    pub fn hide_credential(&mut self, credential: &str) {
        self.hide(credential, SHORTEST_CREDENTIAL);
    }

    /// Adds a text that is masked only where it is the whole text.
    pub fn hide_alone(&mut self, text: &str) {
        self.hide(text, usize::MAX);
    }

    /// Adds secrets, each with its `shortest`, as [`hide`](Self::hide) does. Faster than adding them one at a time.
    pub fn hide_each<'s>(&mut self, secrets: impl IntoIterator<Item = (&'s str, usize)>) {
        let mut new: [(Scope, Vec<Arc<str>>); 3] =
            [Scope::WholeText, group::anywhere(0), group::anywhere(usize::MAX)]
                .map(|scope| (scope, Vec::new()));
        for (secret, shortest) in secrets {
            let text = trimmed(secret);
            let length = text.chars().count();
            let is_inside = length >= shortest;
            // A secret that is masked inside texts is masked as a whole text too.
            if text.is_empty() || self.known.get(text.as_str()).is_some_and(|known| *known || !is_inside) {
                continue;
            }
            let secret: Arc<str> = text.into();
            self.known.insert(Arc::clone(&secret), is_inside);
            self.numbers.extend(as_number(&secret));
            if secret.len() > LARGE {
                self.large.push(Arc::new(Large::new(secret)));
                continue;
            }
            let scope = if is_inside { group::anywhere(length) } else { Scope::WholeText };
            if let Some((_, members)) = new.iter_mut().find(|(known, _)| *known == scope) {
                members.push(secret);
            }
        }
        for (scope, members) in new {
            if !members.is_empty() {
                group::add(&mut self.groups, scope, members);
            }
        }
    }

    /// Adds all secrets of `other`.
    pub fn hide_all_of(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
        } else {
            self.hide_each(other.secrets());
        }
    }

    /// A mask with the secrets of all these masks.
    pub(crate) fn of_all<'m>(masks: impl IntoIterator<Item = &'m Self>) -> Self {
        let mut all = Self::default();
        all.hide_each(masks.into_iter().flat_map(Self::secrets));
        all
    }

    /// The secrets in the form that [`hide_each`](Self::hide_each) takes.
    fn secrets(&self) -> impl Iterator<Item = (&str, usize)> {
        let known = self.layers().flat_map(|mask| &mask.known);
        known.map(|(secret, inside)| (&**secret, if *inside { 0 } else { usize::MAX }))
    }

    /// This mask, its base, the base of that, and so on.
    fn layers(&self) -> impl Iterator<Item = &Self> + Clone {
        std::iter::successors(Some(self), |mask| mask.base.as_deref())
    }

    /// Whether the mask has no secrets.
    pub fn is_empty(&self) -> bool {
        self.layers().all(|mask| mask.known.is_empty())
    }

    /// Masks every secret in a text. Overlapping secrets are masked together, so that no part of one remains visible.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.masked(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text with every secret masked; `None` if it contains none.
    fn masked(&self, text: &str) -> Option<String> {
        let hidden = self.hidden(text, &mut 0);
        (!hidden.is_empty()).then(|| covered(text, &hidden))
    }

    /// The ranges of a text to mask, in order and without overlaps. `work` counts the bytes and states that the search
    /// visits.
    fn hidden(&self, text: &str, work: &mut u64) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let (whole, inside): (Vec<_>, Vec<_>) =
            self.layers().flat_map(|mask| &mask.groups).partition(|group| group.is_for_whole_texts());
        for group in whole {
            group.places(text.trim(), &mut found, work);
            if !found.is_empty() {
                return vec![(0, text.len())];
            }
        }
        for group in inside {
            group.places(text, &mut found, work);
        }
        for large in self.layers().flat_map(|mask| &mask.large) {
            large.places(text, &mut found, work);
        }
        found.sort_unstable();
        found.dedup_by(|next, before| {
            let overlaps = next.0 < before.1;
            before.1 = if overlaps { before.1.max(next.1) } else { before.1 };
            overlaps
        });
        found
    }

    /// Masks every secret in a value, in keys too. Parts without a secret are moved, never copied.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        if !self.is_empty() {
            self.mask_value(&mut value);
        }
        value
    }

    /// Masks every secret in an object, in keys too. Parts without a secret are moved, never copied.
    #[must_use]
    pub fn object(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        if !self.is_empty() {
            self.mask_object(&mut object);
        }
        object
    }

    /// Whether the value contains a secret that [`value`](Self::value) would mask.
    pub fn is_in(&self, value: &Value) -> bool {
        match value {
            _ if self.is_empty() => false,
            Value::String(text) => self.is_in_text(text),
            Value::Number(number) => self.is_in_number(number),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::Object(fields) => {
                fields.iter().any(|(key, field)| self.is_in_text(key) || self.is_in(field))
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn is_in_text(&self, text: &str) -> bool {
        !self.hidden(text, &mut 0).is_empty()
    }

    fn mask_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.mask_text(text),
            Value::Number(number) if self.is_in_number(number) => *value = MASK.into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item)),
            Value::Object(fields) => self.mask_object(fields),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_object(&self, object: &mut Map<String, Value>) {
        object.values_mut().for_each(|field| self.mask_value(field));
        // A map is rebuilt only if one of its keys contains a secret.
        if object.keys().any(|key| self.is_in_text(key)) {
            let fields = std::mem::take(object).into_iter();
            *object = fields.map(|(key, field)| (self.text(&key), field)).collect();
        }
    }

    fn mask_text(&self, text: &mut String) {
        if let Some(masked) = self.masked(text) {
            *text = masked;
        }
    }

    /// Masks every secret in a response, in headers and deviations too.
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
        // A shared body is copied only if it contains a secret.
        if let Some(body) = Arc::get_mut(&mut response.body) {
            self.mask_value(body);
        } else if self.is_in(&response.body) {
            self.mask_value(Arc::make_mut(&mut response.body));
        }
        response
    }

    /// Masks every secret in the message and the response text of a failure.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> Failure {
        let answer = failure.answer.as_deref().map(|answer| self.text(answer));
        Failure { kind: failure.kind, message: self.text(&failure.message), answer }
    }

    /// Whether a number equals a secret, in any notation, or contains the digits of one.
    fn is_in_number(&self, number: &Number) -> bool {
        let is_secret = |number: f64| self.layers().any(|mask| mask.numbers.contains(&number.to_bits()));
        if number.as_f64().is_some_and(is_secret) {
            return true;
        }
        let digits = number.to_string();
        let mut found = Vec::new();
        for group in self.layers().flat_map(|mask| &mask.groups) {
            group.places(&digits, &mut found, &mut 0);
        }
        found.iter().any(|(start, end)| end - start >= SHORTEST_IN_NUMBER || end - start == digits.len())
    }
}

/// The bits of the double that a secret denotes; `None` unless the secret is a decimal number without an exponent.
fn as_number(secret: &str) -> Option<u64> {
    let is_plain = secret.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let number: f64 = secret.parse().ok().filter(|_| is_plain)?;
    Some(number.to_bits())
}

/// The text with these ranges masked.
fn covered(text: &str, hidden: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut shown_to = 0;
    for (start, end) in hidden {
        out.push_str(text.get(shown_to..*start).unwrap_or_default());
        out.push_str(MASK);
        shown_to = *end;
    }
    out.push_str(text.get(shown_to..).unwrap_or_default());
    out
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod linear;

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
        for secrets in [["secret", "secretive"], ["secretive", "secret"]] {
            assert_eq!(hiding(&secrets).text("a secretive b secret"), "a *** b ***");
        }
        // A secret that overlaps itself.
        assert_eq!(hiding(&["ababab"]).text("x abababab y"), "x *** y");
        assert_eq!(hiding(&["éaéaéaé"]).text("éaéaéaéaé"), "***");
        assert_eq!(hiding(&["", " \n"]).text("plain "), "plain ");
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
        // The rest of the base64 depends only on the text around the secret.
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
    fn a_mask_over_another_hides_what_both_hide() {
        let mut mask = Mask::over(Arc::new(hiding(&["first-one", "12"])));
        mask.hide("one-and-two", 6);
        assert_eq!(mask.text("first-one-and-two"), "***");
        assert_eq!(mask.value(json!(["12", 12, "third"])), json!(["***", "***", "third"]));
        assert!(!Mask::over(Arc::new(mask)).is_empty());
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
