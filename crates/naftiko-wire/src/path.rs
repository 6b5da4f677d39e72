//! Path parameters.

use naftiko_adapter::{Operation, Parameter, Style};
use serde_json::Value;

use crate::flat::Flat;
use crate::parameter::{Pair, content, encoded_separator, no_meaning, pairs, separates, separator};
use crate::percent::encoded;
use crate::refusal::Problem;

/// The reserved characters that `allowReserved` exempts from encoding; `/` and `?` would end the segment.
const RESERVED: &str = ":@!$&'()*+,;=";

/// The text that replaces the `{name}` of a parameter in a path.
pub(crate) fn write(operation: &Operation, parameter: &Parameter, value: &Value) -> Result<String, Problem> {
    let name = &parameter.name;
    let empty = || Problem::new(format!("the path parameter `{name}` is empty"));
    if parameter.style == Style::Matrix {
        return matrix(operation, parameter, value);
    }
    let (lead, separator) = match (parameter.style, parameter.explode) {
        (Style::Label, true) => (".", "."),
        (Style::Label, false) => (".", ","),
        (style @ (Style::Simple | Style::SpaceDelimited | Style::PipeDelimited | Style::TabDelimited), _) => {
            ("", separator(style))
        }
        _ => return Err(no_meaning(parameter, "in a path")),
    };
    let flat = match &parameter.content_type {
        Some(content_type) => Flat::One(content(parameter, content_type, value)?),
        None => Flat::of(name, value)?,
    };
    // A comma is encoded inside an item but not between items; other separators would be ambiguous.
    let held = flat.texts().into_iter().find(|(_, text)| separator != "," && text.contains(separator));
    if let Some((token, _)) = held.filter(|_| !flat.is_one()) {
        return Err(separates(name, separator).within(token));
    }
    let kept = kept(parameter, !flat.is_one());
    let text = flat.joined(parameter.explode, &encoded_separator(separator), &|text| encoded(text, &kept));
    if lead.is_empty() && text.is_empty() { Err(empty()) } else { Ok(format!("{lead}{text}")) }
}

fn matrix(operation: &Operation, parameter: &Parameter, value: &Value) -> Result<String, Problem> {
    let pairs = pairs(operation, parameter, &parameter.schema, value)?;
    let write = |pair: &Pair| {
        let kept = kept(parameter, pair.is_joined).replace(';', "");
        let texts: Vec<String> = pair.texts.iter().map(|text| encoded(text, &kept)).collect();
        let (name, text) = (encoded(&pair.name, ""), texts.join(pair.separator));
        if text.is_empty() { format!(";{name}") } else { format!(";{name}={text}") }
    };
    Ok(pairs.iter().map(write).collect())
}

/// The reserved characters that are not encoded; never one that separates items.
fn kept(parameter: &Parameter, is_joined: bool) -> String {
    let separates = |character: &char| is_joined && matches!(character, ',' | ';' | '=');
    RESERVED.chars().filter(|kept| parameter.allow_reserved && !separates(kept)).collect()
}
