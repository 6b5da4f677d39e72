//! The forms in which a secret is searched for. A form is not needed for texts that the search decodes: escapes, base64
//! and hexadecimal digits.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The minimum length in characters of a line that is masked alone. A shorter line may occur by chance.
const SHORTEST_LINE: usize = 8;
/// The minimum length of a base64 form in digits. A shorter form may occur by chance.
const SHORTEST_TWICE: usize = 6;
/// The maximum length in bytes of a secret that is searched for in base64 of base64.
const LONGEST_TWICE: usize = 2048;

/// The secret without surrounding white space and without carriage returns, which the search skips.
pub(super) fn trimmed(secret: &str) -> String {
    secret.replace('\r', "").trim().to_owned()
}

/// The texts to search for anywhere, so that a [`trimmed`] secret is found.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    if secret.contains('\n') {
        let lines: Vec<&str> = secret.lines().map(str::trim).collect();
        // The secret on one line.
        forms.extend([lines.concat(), lines.join(" ")]);
        let tells = |line: &&&str| line.chars().count() >= SHORTEST_LINE && !is_frame(line);
        forms.extend(lines.iter().filter(tells).map(|line| (*line).to_owned()));
    }
    forms.extend(escaped(secret));
    forms.extend(in_base64(secret));
    forms
}

/// Whether a line occurs in many texts: `-----BEGIN PRIVATE KEY-----`, or a line of punctuation only.
fn is_frame(line: &str) -> bool {
    (line.starts_with("-----") && line.ends_with("-----")) || !line.contains(char::is_alphanumeric)
}

/// The escaped forms of a secret. They are needed inside base64, where the search does not decode escapes.
fn escaped(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let form = percent_encoded(secret).replace("%20", "+");
    let all = [json.to_owned(), json.replace('/', "\\/"), percent_encoded(secret), form];
    all.into_iter().filter(|escaped| escaped != secret).collect()
}

/// The text with every byte percent-encoded that is not unreserved in a URL.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit =
                |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

/// The base64 of `secret` inside a longer text, for each alignment: without the digits at both ends that also depend on
/// the neighboring bytes. The search decodes one level of base64; these forms find a secret at the second level.
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if secret.len() > LONGEST_TWICE {
        return forms;
    }
    for offset in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(secret.bytes()).collect();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let digits = engine.encode(&padded);
            let from = [0, 2, 3].get(offset).copied().unwrap_or_default();
            let to = digits.len() - usize::from(!padded.len().is_multiple_of(3));
            forms.push(digits.get(from..to).unwrap_or_default().to_owned());
        }
    }
    forms.retain(|form| form.len() >= SHORTEST_TWICE);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_several_lines_is_looked_for_line_by_line_and_on_one_line() {
        let secret = trimmed("-----BEGIN-----\r\n  abcdefgh\r\nend\r\n");
        assert_eq!(secret, "-----BEGIN-----\n  abcdefgh\nend");
        let forms = forms(&secret);
        for form in ["-----BEGIN-----abcdefghend", "-----BEGIN----- abcdefgh end", "abcdefgh"] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
        assert!(!forms.iter().any(|form| form == "end" || form == "-----BEGIN-----"));
    }

    #[test]
    fn what_is_escaped_within_base64_is_looked_for_in_this_form() {
        let forms = forms("a b/\"");
        for form in ["a b/\"", "a b/\\\"", "a b\\/\\\"", "a%20b%2F%22", "a+b%2F%22"] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
        assert_eq!(super::escaped("plain"), [""; 0]);
    }
}
