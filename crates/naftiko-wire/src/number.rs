//! How a number is written outside of JSON.

use serde_json::Number;

/// The longest plain decimal that a number is expanded to, in digits. The largest double has 309.
const MOST_DIGITS: u64 = 1_000;

/// The text of a number where it is not part of JSON: in a path, a query, a header, a cookie, a form or plain text.
///
/// Many readers of such places know neither an exponent nor a fraction for an integer. So the text has no exponent, a number
/// without a fractional part has only digits (`5.0` is `5`, `1e3` is `1000`, `-0` is `0`), and any other number keeps
/// its digits (`0.10` is `0.10`). Only a number of more than a thousand digits keeps its exponent.
pub fn number_text(number: &Number) -> String {
    let written = number.to_string();
    plain(&written).unwrap_or(written)
}

/// A JSON number as a plain decimal; `None` if that would be too long.
fn plain(written: &str) -> Option<String> {
    let (sign, rest) = written.strip_prefix('-').map_or(("", written), |rest| ("-", rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{after}");
    let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    if digits.bytes().all(|digit| digit == b'0') {
        return Some("0".to_owned());
    }
    let point = i64::try_from(before.len()).ok()?.checked_add(exponent)?;
    let length = i64::try_from(digits.len()).ok()?;
    if point.unsigned_abs().max(length.unsigned_abs()) > MOST_DIGITS {
        return None;
    }
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), format!("{}{digits}", zeros(-point)))
    } else if point >= length {
        (format!("{digits}{}", zeros(point - length)), String::new())
    } else {
        let (whole, fraction) = digits.split_at_checked(usize::try_from(point).ok()?)?;
        (whole.to_owned(), fraction.to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let is_integral = fraction.bytes().all(|digit| digit == b'0');
    let fraction = if is_integral { String::new() } else { format!(".{fraction}") };
    Some(format!("{sign}{whole}{fraction}"))
}
