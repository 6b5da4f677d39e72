//! The text of numbers outside of JSON.

use serde_json::Number;

/// The text of a number where it is not part of JSON: in a path, a query, a header, a cookie, a form or plain text.
///
/// Many readers of such places accept neither an exponent nor a fraction for an integer. So the text has no exponent,
/// and a number without a fractional part has only digits (`5.0` is `5`, `1e3` is `1000`, `-0` is `0`). A 64-bit
/// integer is written in full; a double is written with the fewest digits that parse to the same double (`0.10` is
/// `0.1`). The longest texts have about 340 characters.
pub fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        // Drop the sign of a zero.
        Some(0.0) => "0".to_owned(),
        Some(double) => double.to_string(),
        None => number.to_string(),
    }
}
