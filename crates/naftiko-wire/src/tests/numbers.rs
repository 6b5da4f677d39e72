//! The text of numbers outside of JSON.

use serde_json::Number;

use crate::number_text;

#[test]
fn a_number_is_a_plain_decimal() {
    for (written, expected) in [
        ("5", "5"),
        ("5.0", "5"),
        ("-5.00", "-5"),
        ("1e3", "1000"),
        ("1.5E+3", "1500"),
        ("1.25e1", "12.5"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e9", "0"),
        ("0.1", "0.1"),
        ("1e-7", "0.0000001"),
        ("-2.5e-3", "-0.0025"),
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551615", "18446744073709551615"),
        ("1e21", "1000000000000000000000"),
        ("123456.75", "123456.75"),
        ("0.10", "0.1"),
        ("12345678901234567890123", "12345678901234568000000"),
    ] {
        let number: Number = serde_json::from_str(written).expect("a number");
        assert_eq!(number_text(&number), expected, "{written}");
    }
}

#[test]
fn the_largest_and_the_smallest_double_are_written_in_full_and_read_back() {
    for double in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 1.000_000_000_000_000_2, -1e300] {
        let text = number_text(&Number::from_f64(double).expect("a finite number"));
        assert!(text.len() < 345 && !text.contains(['e', 'E']), "{text}");
        assert_eq!(text.parse(), Ok(double));
    }
}
