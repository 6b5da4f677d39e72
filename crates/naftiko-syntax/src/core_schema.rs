//! The interpretation of plain scalars: the core schema of YAML 1.2.

use serde_json::Number;

/// The meaning of a plain scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can represent.
    Number(Number),
    /// An integer that a JSON number would round.
    Inexact,
    /// A number with a fraction or an exponent that is rounded: a double with these digits does not exist.
    Rounded(Number),
    /// `.inf`, `.nan`, or a number beyond the range of JSON readers.
    NotJson,
    /// Everything else.
    Text,
}

/// Interprets a plain scalar.
pub(crate) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::NotJson,
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        Plain::NotJson
    } else if let Some(digits) = text.strip_prefix("0x") {
        based(digits, 16)
    } else if let Some(digits) = text.strip_prefix("0o") {
        based(digits, 8)
    } else if is_digits(unsigned) {
        integer(unsigned, text.starts_with('-'))
    } else if is_float(unsigned) {
        let number = text.parse().ok().and_then(Number::from_f64);
        number.map_or(Plain::NotJson, if keeps_digits(text) { Plain::Number } else { Plain::Rounded })
    } else {
        Plain::Text
    }
}

/// A hexadecimal or octal integer, which has no sign.
fn based(digits: &str, radix: u32) -> Plain {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Plain::Text;
    }
    u64::from_str_radix(digits, radix).map_or(Plain::Inexact, |value| Plain::Number(value.into()))
}

/// A decimal integer. Beyond 64 bits it becomes a float if that is exact.
fn integer(digits: &str, negative: bool) -> Plain {
    let magnitude: Option<u64> = digits.parse().ok();
    let number = match (magnitude, negative) {
        // As JSON readers do, so that the sign is not lost.
        (Some(0), true) => Number::from_f64(-0.0),
        (Some(value), false) => Some(value.into()),
        (Some(value), true) => 0_i64.checked_sub_unsigned(value).map(Number::from),
        (None, _) => None,
    };
    number.or_else(|| exact_float(digits, negative)).map_or(Plain::Inexact, Plain::Number)
}

/// The float that equals this integer: exactly, or by its shortest decimal form that programs write
/// (`9223372036854776000`).
fn exact_float(digits: &str, negative: bool) -> Option<Number> {
    let significant = digits.trim_start_matches('0');
    // The largest float has 309 digits.
    if significant.len() > 309 {
        return None;
    }
    let value: f64 = significant.parse().ok()?;
    let signed = if negative { -value } else { value };
    let is_it = format!("{value:.0}") == significant || format!("{value}") == significant;
    is_it.then(|| Number::from_f64(signed)).flatten()
}

/// Whether the double that is nearest to a decimal number has all its digits, as programs print a double with that many
/// digits (`0.10000000000000001`). Also true for a text that is not such a number.
pub fn keeps_digits(number: &str) -> bool {
    let Some((value, digits)) = number.parse::<f64>().ok().zip(significant(number)) else { return true };
    if digits.0.is_empty() || value.is_infinite() {
        return true;
    }
    // No double has more significant digits.
    let precision = digits.0.len().saturating_sub(1).min(800);
    significant(&format!("{value:.precision$e}")) == Some(digits)
}

/// The significant digits of a decimal number, without zeros at either end, and the power of ten of the first one;
/// `None` if the text is not such a number.
fn significant(number: &str) -> Option<(String, i64)> {
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if !is_digits(&all) {
        return None;
    }
    let digits = all.trim_start_matches('0');
    let zeros = all.len() - digits.len();
    let power = i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(zeros).ok()?)?;
    let power = exponent.parse::<i64>().ok()?.checked_add(power)?;
    Some((digits.trim_end_matches('0').to_owned(), power))
}

/// The nearest number to a decimal integer beyond 64 bits.
pub(crate) fn rounded(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    is_digits(digits).then(|| text.parse().ok().and_then(Number::from_f64))?
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an unsigned text is `\.[0-9]+ | [0-9]+(\.[0-9]*)?` with an optional exponent.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> String {
        match plain(text) {
            Plain::Number(number) => number.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_core_schema_decides() {
        let read = [
            ("0", "0"),
            ("-0", "-0.0"),
            ("014", "14"),
            ("+7", "7"),
            ("-42", "-42"),
            ("0o14", "12"),
            ("0xfF", "255"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-1.5e3", "-1500.0"),
            ("1e5", "100000.0"),
            ("+.5E-1", "0.05"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("0.10000000000000001", "0.1"),
            ("1.50000000000000000000000000000000", "1.5"),
            ("5e-324", "5e-324"),
            ("0e99999999999999999999", "0.0"),
            ("0.1234567890123456789", "Rounded(Number(0.12345678901234568))"),
            ("-3.14159265358979323846", "Rounded(Number(-3.141592653589793))"),
            ("9007199254740993.5", "Rounded(Number(9007199254740994.0))"),
            ("0.30000000000000000001", "Rounded(Number(0.3))"),
            ("1e-400", "Rounded(Number(0.0))"),
            ("123456789012345678901e3", "Rounded(Number(1.2345678901234569e+23))"),
            ("1.0.0", "Text"),
            ("1_000", "Text"),
            ("0x", "Text"),
            ("0o8", "Text"),
            ("-0x1", "Text"),
            ("e5", "Text"),
            (".", "Text"),
            ("-", "Text"),
            ("+", "Text"),
            ("1e", "Text"),
            ("1e+", "Text"),
            ("12:30", "Text"),
            ("١", "Text"),
            ("Infinity", "Text"),
            ("inf", "Text"),
            ("nan", "Text"),
            ("yes", "Text"),
            ("tRue", "Text"),
            (".inf", "NotJson"),
            ("-.INF", "NotJson"),
            (".NaN", "NotJson"),
            ("1e999", "NotJson"),
            ("~", "Null"),
            ("NULL", "Null"),
            ("", "Null"),
            ("TRUE", "Bool(true)"),
            ("False", "Bool(false)"),
        ];
        for (text, meaning) in read {
            assert_eq!(number(text), meaning, "{text}");
        }
    }

    #[test]
    fn an_integer_beyond_64_bits_is_a_float_only_if_it_is_that_float() {
        assert_eq!(number("18446744073709551616"), "1.8446744073709552e+19");
        assert_eq!(number("-00100000000000000000000"), "-1e+20");
        assert_eq!(number("10000000000000000000000"), "1e+22");
        assert_eq!(number("100000000000000000000000"), "1e+23", "as programs write 99999999999999991611392");
        assert_eq!(plain("99999999999999991611393"), Plain::Inexact);
        assert_eq!(number("-9223372036854776000"), "-9.223372036854776e+18");
        assert_eq!(number("18446744073709552000"), "1.8446744073709552e+19");
        assert_eq!(plain("-9223372036854776001"), Plain::Inexact);
        assert_eq!(plain("18446744073709551617"), Plain::Inexact);
        assert_eq!(plain("-9223372036854775809"), Plain::Inexact);
        assert_eq!(plain("0xfffffffffffffffff"), Plain::Inexact);
        assert_eq!(plain(&"9".repeat(100_000)), Plain::Inexact);
    }
}
