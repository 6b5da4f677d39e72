//! Keeps a credential out of everything that comes back: some providers quote it when they refuse it.
//!
//! It is found as it is, percent-encoded, in base64 (alone or inside a longer text) and escaped as in JSON. What holds
//! it is masked before anybody sees it, in answers of every status: a step can never read its own credential.

use indexmap::IndexMap;
use naftiko_adapter::{Departure, Failure, MASK, Response, mask};
use serde_json::{Map, Value};

use crate::style::encoded;

/// A shorter credential may turn up anywhere by chance: it is masked only where it is all there is.
const SHORTEST_INSIDE: usize = 6;

/// The forms of a credential that are masked.
#[derive(Default)]
pub(crate) struct Mask {
    /// Masked wherever they stand.
    inside: Vec<String>,
    /// Masked where they are the whole text.
    whole: Vec<String>,
}

impl Mask {
    /// Masks this secret, which may be shown behind `scheme` in a header.
    pub(crate) fn of(scheme: &str, secret: &str) -> Self {
        let shown = format!("{scheme} {secret}");
        let mut whole = vec![shown.clone(), base64(shown.as_bytes(), STANDARD), shown.to_ascii_lowercase()];
        let mut inside = vec![secret.to_owned()];
        for keep in ["", "/", "/+=:"] {
            let percent = encoded(secret, keep);
            inside.extend([lower_hex(&percent), percent]);
        }
        let quoted = Value::from(secret).to_string();
        inside.push(quoted.trim_matches('"').to_owned());
        for alphabet in [STANDARD, URL_SAFE] {
            let alone = base64(secret.as_bytes(), alphabet);
            inside.push(alone.trim_end_matches('=').to_owned());
            whole.push(alone);
            inside.extend((0..3).map(|offset| base64_inside(secret.as_bytes(), offset, alphabet)));
        }
        if secret.chars().count() < SHORTEST_INSIDE {
            whole.append(&mut inside);
        }
        inside.retain(|form| form.len() >= SHORTEST_INSIDE);
        whole.retain(|form| !form.is_empty());
        for forms in [&mut inside, &mut whole] {
            forms.sort_unstable();
            forms.dedup();
        }
        Self { inside, whole }
    }

    pub(crate) fn response(&self, response: Response) -> Response {
        if self.is_empty() {
            return response;
        }
        let headers = response.headers.into_iter().map(|(name, value)| (self.text(&name), self.text(&value)));
        let headers: IndexMap<String, String> = headers.collect();
        let departures = response.departures.into_iter().map(|departure| Departure {
            pointer: self.text(&departure.pointer),
            expected: self.text(&departure.expected),
        });
        let departures = departures.collect();
        Response { status: response.status, headers, body: self.value(response.body), departures }
    }

    pub(crate) fn failure(&self, failure: &Failure) -> Failure {
        Failure::new(failure.kind, self.text(&failure.message))
    }

    fn is_empty(&self) -> bool {
        self.inside.is_empty() && self.whole.is_empty()
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Number(number) if self.is_whole(&number.to_string()) => MASK.into(),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(key, field)| (self.text(&key), self.value(field)));
                fields.collect::<Map<_, _>>().into()
            }
            other => other,
        }
    }

    fn is_whole(&self, text: &str) -> bool {
        self.whole.iter().chain(&self.inside).any(|form| form == text)
    }

    /// The text without the credential. Forms that overlap are masked together, so that no end of one shows.
    fn text(&self, text: &str) -> String {
        if self.is_whole(text.trim()) {
            return MASK.to_owned();
        }
        mask(text, self.inside.iter().map(String::as_str))
    }
}

/// The digits of percent-encoding in lower case.
fn lower_hex(percent: &str) -> String {
    let mut left = 0_u8;
    let lower = percent.chars().map(|character| {
        let is_digit = left > 0;
        left = if character == '%' { 2 } else { left.saturating_sub(1) };
        if is_digit { character.to_ascii_lowercase() } else { character }
    });
    lower.collect()
}

/// The alphabets of RFC 4648: they differ in their last two characters.
const STANDARD: [u8; 2] = *b"+/";
const URL_SAFE: [u8; 2] = *b"-_";

fn base64(bytes: &[u8], last: [u8; 2]) -> String {
    let digit = |bits: u32| -> char {
        // Six bits.
        let [.., bits] = (bits & 63).to_be_bytes();
        char::from(match bits {
            0..=25 => b'A' + bits,
            26..=51 => b'a' + (bits - 26),
            52..=61 => b'0' + (bits - 52),
            62 => last[0],
            _ => last[1],
        })
    };
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digits = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
        out.extend(digits.iter().take(chunk.len() + 1));
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}

/// What `bytes` are in the base64 of a longer text, at a place whose remainder by three is `offset`: without the
/// digits at both ends that also depend on the neighbors.
fn base64_inside(bytes: &[u8], offset: usize, last: [u8; 2]) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
    let digits = base64(&padded, last);
    let digits = digits.trim_end_matches('=');
    let from = [0, 2, 3].get(offset).copied().unwrap_or_default();
    let to = digits.len() - usize::from(!padded.len().is_multiple_of(3));
    digits.get(from..to).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes(), STANDARD), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff], STANDARD), "+/8=");
        assert_eq!(base64(&[0xfb, 0xff], URL_SAFE), "-_8=");
    }

    #[test]
    fn a_secret_is_masked_in_every_form_and_everywhere() {
        let secret = "sk/live+TOKEN 123";
        let mask = Mask::of("Bearer", secret);
        for offset in 0..3 {
            let longer = format!("{}Bearer {secret}; more", "x".repeat(offset));
            let encoded = base64(longer.as_bytes(), STANDARD);
            let core = base64_inside(secret.as_bytes(), (offset + 7) % 3, STANDARD);
            assert!(encoded.contains(&core), "{encoded} {core}");
            assert!(!mask.text(&encoded).contains(&core));
        }
        let body = json!({
            "message": format!("bad credentials: Bearer {secret}!"),
            (secret): [format!("?key={}", encoded(secret, "")), lower_hex(&encoded(secret, ""))],
            "alone": base64(secret.as_bytes(), URL_SAFE),
            "other": "as it is", "number": 7,
        });
        let shown = mask.value(body);
        let expected = json!({
            "message": "bad credentials: Bearer ***!", "***": ["?key=***", "***"], "alone": "***",
            "other": "as it is", "number": 7,
        });
        assert_eq!(shown, expected);
        assert_eq!(Mask::of("Bearer", "a\"b\\cdef").text(r#"{"x": "a\"b\\cdef"}"#), r#"{"x": "***"}"#);
    }

    #[test]
    fn a_short_secret_is_masked_only_where_it_is_all_there_is() {
        let mask = Mask::of("Bearer", "12a");
        assert_eq!(
            mask.value(json!(["12a", "v12ab", "Bearer 12a", {"12a": 1}])),
            json!(["***", "v12ab", "***", {"***": 1}])
        );
        assert_eq!(Mask::of("Bearer", "1234567").value(json!([1_234_567, 12])), json!(["***", 12]));
    }

    #[test]
    fn without_a_secret_nothing_changes() {
        let response = Response::new(200, IndexMap::new(), json!({"a": ["b", ""]}));
        assert_eq!(Mask::default().response(response.clone()), response);
    }
}
