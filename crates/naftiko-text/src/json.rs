//! JSON that is safe to print and has an unchanged value.

use std::fmt::Write as _;

use serde::Serialize;

use crate::Printable;
use crate::escape::is_hidden;

/// A value as JSON on one line. Hidden characters are written `\u009b`, so the JSON parses to the original value.
///
/// # Errors
/// Any error of the serialization.
pub fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Printable> {
    serde_json::to_string(value).map(|text| visible(&text))
}

/// A value as indented JSON, otherwise as [`json`].
///
/// # Errors
/// Any error of the serialization.
pub fn json_pretty<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Printable> {
    serde_json::to_string_pretty(value).map(|text| visible(&text))
}

/// Outside of its strings, JSON has no hidden characters but the line ends of its layout; within strings, line ends are
/// already escaped.
fn visible(json: &str) -> Printable {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Printable::trusted(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn hidden_characters_are_escaped_as_json_has_it() {
        let value = Value::from("\u{9b}\u{7f}\u{202e}\n\u{e0041}é");
        assert_eq!(json(&value).unwrap(), r#""\u009b\u007f\u202e\n\udb40\udc41é""#);
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(text in any::<String>(), code in 0x70_u32..0x2100) {
            let key = char::from_u32(code).unwrap_or('a').to_string();
            let value = serde_json::json!({ key: [text, "\u{e0041}\u{feff}"] });
            for printed in [json(&value).unwrap(), json_pretty(&value).unwrap()] {
                prop_assert!(!printed.contains(|c| c != '\n' && is_hidden(c)));
                prop_assert_eq!(&serde_json::from_str::<Value>(&printed).unwrap(), &value);
            }
        }
    }
}
