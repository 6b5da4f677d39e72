//! Numbers in JSON texts of the command line that would be rounded. The JSON parser rounds them silently.

use naftiko_syntax::keeps_digits;

/// The reason for rejecting a number that could only be stored rounded.
pub(crate) const ROUNDED: &str = "has more digits than a number can represent; write it as a text, in quotes";

/// Whether a text has the form of an integer of any size.
pub(crate) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first number in a JSON text that would be rounded, as written.
pub(crate) fn rounded_number(json: &str) -> Option<&str> {
    numbers(json).find(|written| {
        let is_kept = written.parse::<i64>().is_ok() || written.parse::<u64>().is_ok();
        !is_kept && (is_integer(written) || !keeps_digits(written))
    })
}

/// The numbers in a JSON text, as written. The JSON parser silently rounds those with too many digits.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    // Splitting at unescaped quotes makes every second piece a string; these are skipped.
    let mut in_string = true;
    let mut escaped = false;
    let pieces = json.split(move |character| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    let outside = pieces.filter(move |_| {
        in_string = !in_string;
        !in_string
    });
    let words = outside.flat_map(|piece| {
        piece.split(|character: char| !matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
    });
    words.filter(|word| word.contains(|character: char| character.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_would_be_rounded_is_found_outside_of_texts() {
        for json in [
            "[1, 2.5, 1e3]",
            "{\"a\": \"0.12345678901234567890\\\"\", \"b\": 0.1}",
            "18446744073709551615",
            "-0",
        ] {
            assert_eq!(rounded_number(json), None, "{json}");
        }
        assert_eq!(rounded_number("[1, 18446744073709551616]"), Some("18446744073709551616"));
        assert_eq!(rounded_number("{\"a\": 0.12345678901234567890}"), Some("0.12345678901234567890"));
        assert_eq!(rounded_number("[\"5\", -3.14159265358979323846]"), Some("-3.14159265358979323846"));
    }
}
