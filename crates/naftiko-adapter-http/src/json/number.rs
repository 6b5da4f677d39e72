//! Decides which numbers a 64-bit integer or a double represents exactly.

/// No double has this many significant decimal digits.
const MOST_DIGITS: usize = 800;
/// Every decimal number of at most this many digits survives the conversion to a double, unless its exponent is
/// extreme.
const SAFE_DIGITS: usize = 15;

/// The effect of reading a number as a 64-bit integer or a double.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// The digits are preserved.
    Exactly,
    /// The number is rounded to the nearest double, which is a different number.
    Roughly,
    /// The number is beyond the largest double.
    Not,
}

/// The effect of reading a number with this text. A text that is not a number counts as exact; the parser rejects it.
pub(super) fn kept(token: &[u8]) -> Kept {
    // A fast path for nearly all numbers.
    if token.len() <= SAFE_DIGITS
        && token.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-' || *byte == b'.')
    {
        return Kept::Exactly;
    }
    let Some((text, decimal)) =
        std::str::from_utf8(token).ok().and_then(|text| Some((text, Decimal::of(text)?)))
    else {
        return Kept::Exactly;
    };
    if decimal.is_integer && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok()) {
        return Kept::Exactly;
    }
    let Ok(double) = text.parse::<f64>() else { return Kept::Exactly };
    if double.is_infinite() {
        return Kept::Not;
    }
    let is_kept = if decimal.is_integer {
        // `{:e}` prints the fewest digits that identify the double; an exact integer has the same digits.
        Decimal::of(&format!("{double:e}")).is_some_and(|shortest| shortest.is_same_as(&decimal))
    } else {
        decimal.is_printed_by(double)
    };
    if is_kept { Kept::Exactly } else { Kept::Roughly }
}

/// A decimal number: `0.d₁d₂d₃… × 10^exponent`, where `d₁` is not 0.
struct Decimal {
    /// The significant digits, without zeros at either end; empty for 0.
    digits: String,
    exponent: i64,
    /// Whether the text has neither a point nor an exponent.
    is_integer: bool,
}

impl Decimal {
    /// Parses a number by the grammar of JSON.
    fn of(text: &str) -> Option<Self> {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
        if !are_digits(whole) || leads_with_zero || !fraction.is_none_or(are_digits) {
            return None;
        }
        let written = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
        if !written.is_none_or(are_digits) {
            return None;
        }
        // An exponent that exceeds `i64` makes the number infinite or 0.
        let shift = exponent.map_or(0, |exponent| {
            exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') {
                i64::MIN / 2
            } else {
                i64::MAX / 2
            })
        });
        let all = format!("{whole}{}", fraction.unwrap_or_default());
        let significant = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - significant.len()).ok()?;
        let whole = i64::try_from(whole.len()).ok()?;
        let digits = significant.trim_end_matches('0').to_owned();
        let exponent = if digits.is_empty() { 0 } else { shift.saturating_add(whole - zeros) };
        Some(Self { digits, exponent, is_integer: fraction.is_none() && written.is_none() })
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.digits == other.digits && self.exponent == other.exponent
    }

    /// Whether a double, printed with as many digits as this number has, equals this number.
    fn is_printed_by(&self, double: f64) -> bool {
        if self.digits.len() > MOST_DIGITS {
            return false;
        }
        let places = self.digits.len().saturating_sub(1);
        Self::of(&format!("{double:.places$e}")).is_some_and(|printed| printed.is_same_as(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_if_its_digits_come_back() {
        for text in [
            "0",
            "-0",
            "7",
            "5.0",
            "1e3",
            "0.10",
            "-1.5",
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "100000000000000000000000",
            "0.1",
            "3.141592653589793",
            "1E+2",
            "1e-7",
            "0.10000000000000001",
            "1.7976931348623157e308",
            "5e-324",
            "123456789012345678",
            "0e999999999999999999999",
            "-9223372036854776000",
        ] {
            assert_eq!(kept(text.as_bytes()), Kept::Exactly, "{text}");
        }
        for text in [
            "340282366920938463463374607431768211456",
            "18446744073709551616",
            "12345678901234567890123",
            "3.14159265358979323846",
            "0.1234567890123456789",
            "1e-400",
            "-9223372036854775809",
        ] {
            assert_eq!(kept(text.as_bytes()), Kept::Roughly, "{text}");
        }
        for text in ["1e309", "-1e400", "1e99999999999999999999999"] {
            assert_eq!(kept(text.as_bytes()), Kept::Not, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_left_to_the_reader() {
        for text in ["1.e400", "01e400", "1e400e1", "--1e400", "1e+", "-", "1.2.3e400"] {
            assert_eq!(kept(text.as_bytes()), Kept::Exactly, "{text}");
        }
    }

    #[test]
    fn a_number_of_any_length_is_looked_at_once() {
        let long = "1".repeat(300_000);
        assert_eq!(kept(long.as_bytes()), Kept::Not);
        assert_eq!(kept(format!("0.{long}").as_bytes()), Kept::Roughly);
    }
}
