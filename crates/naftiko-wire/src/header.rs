//! Header parameters.

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Parameter, Style};
use serde_json::Value;

use crate::field::is_field_value;
use crate::flat::Flat;
use crate::media::ascii;
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
    Problem::new(format!("the header `{name}` can only contain {allowed}"))
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
