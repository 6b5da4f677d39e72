//! Cookie parameters (RFC 6265).

use naftiko_adapter::{Operation, Parameter, Style};
use serde_json::Value;

use crate::field::is_token;
use crate::parameter::{Pair, no_meaning, pairs};
use crate::percent::encoded;
use crate::refusal::Problem;

/// The characters that are not encoded in a cookie: all that a cookie can carry, except `%`, which a decoding reader
/// would treat as an escape. So tokens remain readable for a reader that does not decode.
const CARRIED: &str = "!#$&'()*+/:<=>?@[]^`{|}";

/// The `name=value` pairs of a cookie parameter. With the style `form`, characters that a cookie cannot carry are
/// encoded; with the style `cookie` of 3.2, which has no encoding, they are rejected.
pub(crate) fn write(
    operation: &Operation,
    parameter: &Parameter,
    value: &Value,
) -> Result<Vec<(String, String)>, Problem> {
    let name = &parameter.name;
    if !matches!(parameter.style, Style::Form | Style::Cookie) {
        return Err(no_meaning(parameter, "in a cookie"));
    }
    let is_encoded = parameter.style == Style::Form || parameter.content_type.is_some();
    let is_list = value.is_array() || value.is_object();
    if !is_encoded && !parameter.explode && is_list {
        let message =
            format!("a list or an object in the cookie `{name}` cannot be serialized without `explode`");
        return Err(Problem::new(message));
    }
    let pairs = pairs(operation, parameter, &parameter.schema, value)?;
    let tokens = entry_tokens(value);
    pairs
        .into_iter()
        .enumerate()
        .map(|(at, pair)| {
            let within = |problem: Problem| match tokens.get(at) {
                Some(token) if parameter.explode && parameter.content_type.is_none() => problem.within(token),
                _ => problem,
            };
            written(name, pair, is_encoded).map_err(within)
        })
        .collect()
}

fn written(name: &str, pair: Pair, is_encoded: bool) -> Result<(String, String), Problem> {
    if !is_token(&pair.name) {
        let message = if pair.name == name {
            format!("`{name}` is not a name that a cookie can have")
        } else {
            format!("an entry of `{name}` has a name that no cookie can have")
        };
        return Err(Problem::new(message));
    }
    if !is_encoded && !pair.texts.iter().all(|text| text.bytes().all(is_cookie_octet)) {
        return Err(Problem::new(format!("the cookie `{name}` has a character that cookies cannot contain")));
    }
    let write = |text: &String| if is_encoded { encoded(text, CARRIED) } else { text.clone() };
    let texts: Vec<String> = pair.texts.iter().map(write).collect();
    Ok((pair.name, texts.join(pair.separator)))
}

/// Whether a byte is allowed in the value of a cookie: the `cookie-octet` of RFC 6265 §4.1.1.
pub fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// The reference tokens of the entries of a list or an object, in order.
fn entry_tokens(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
        Value::Object(entries) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    }
}
