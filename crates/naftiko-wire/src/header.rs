//! Values of header fields (RFC 9110).

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Parameter, Style};
use serde_json::Value;

use crate::flat::Flat;
use crate::parameter::{content, no_meaning, separator};
use crate::refusal::Problem;

/// The value of a header parameter in the style `simple`. Nothing is encoded, since the standard has no encoding for
/// headers.
pub(crate) fn write(parameter: &Parameter, value: &Value) -> Result<String, Problem> {
    let text = match &parameter.content_type {
        Some(content_type) => {
            let text = content(parameter, content_type, value)?;
            if is_json(&essence(content_type)) { ascii(&text) } else { text }
        }
        None => styled(parameter, value)?,
    };
    if is_field_value(&text) { Ok(text) } else { Err(unwritable(&parameter.name)) }
}

fn unwritable(name: &str) -> Problem {
    let allowed = "visible ASCII characters, with spaces or tabs between them";
    Problem::new(format!("the header `{name}` can only carry {allowed}"))
}

fn styled(parameter: &Parameter, value: &Value) -> Result<String, Problem> {
    let name = &parameter.name;
    let is_known = matches!(
        parameter.style,
        Style::Simple | Style::SpaceDelimited | Style::PipeDelimited | Style::TabDelimited
    );
    if !is_known {
        return Err(no_meaning(parameter, "in a header"));
    }
    let separator = separator(parameter.style);
    let flat = Flat::of(name, value)?;
    let check = |token: &dyn ToString, text: &str, separators: &[&str]| {
        // A reader splits the value at the separators and trims each item.
        let is_split = separators.iter().any(|separator| text.contains(separator)) || text.trim() != text;
        if is_split {
            let message = format!("an item of the header `{name}` has a character that separates items");
            return Err(Problem::new(message).within(token.to_string()));
        }
        if is_field_value(text) { Ok(()) } else { Err(unwritable(name).within(token.to_string())) }
    };
    match &flat {
        Flat::One(_) => {}
        Flat::List(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| check(&at, item, &[separator]))?;
        }
        Flat::Map(entries) => entries.iter().try_for_each(|(key, item)| {
            check(key, key, &[separator, "="])?;
            check(key, item, &[separator])
        })?,
    }
    Ok(flat.joined(parameter.explode, separator, &str::to_owned))
}

/// Escapes the characters of a JSON text that are not ASCII.
pub(crate) fn ascii(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            written.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            written.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    written
}

/// Whether a header field can carry `text` so that the recipient reads exactly that text: visible ASCII, with spaces
/// and tabs inside. RFC 9110 §5.5 also allows other bytes, but does not define their character set.
pub fn is_field_value(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e))
}

/// Whether `text` is a token of RFC 9110 §5.6.2, such as the name of a header field or a cookie.
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
