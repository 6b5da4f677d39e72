//! Numbers outside of JSON.

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
    ] {
        let number: Number = serde_json::from_str(written).expect("a number");
        assert_eq!(number_text(&number), expected, "{written}");
    }
}
