//! Query parameters.

use naftiko_adapter::{Operation, Parameter, Style};
use serde_json::Value;

use crate::parameter::{Pair, encoded_separator, no_meaning, pairs};
use crate::percent::encoded;
use crate::refusal::Problem;

/// The reserved characters that `allowReserved` exempts from encoding. `#[]` are not allowed in a query, and `&` and
/// `+` have another meaning there.
const RESERVED: &str = ":/?@!$'()*,;=";

/// A part of a query: an encoded name and an encoded value, or an encoded text without a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: Option<String>,
    pub(crate) value: String,
}

impl Part {
    /// The part as text between two `&`.
    pub(crate) fn into_text(self) -> String {
        match self.name {
            Some(name) => format!("{name}={}", self.value),
            None => self.value,
        }
    }
}

/// The parts of a query parameter, encoded, unless the parameter is the whole query string. `schema` describes the
/// parameter, or the property that is written like one.
pub(crate) fn write(
    operation: &Operation,
    parameter: &Parameter,
    schema: &Value,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    match parameter.style {
        Style::Form
        | Style::SpaceDelimited
        | Style::PipeDelimited
        | Style::TabDelimited
        | Style::DeepObject => {
            let pairs = pairs(operation, parameter, schema, value)?;
            Ok(pairs.iter().map(|pair| encoded_pair(parameter, pair)).collect())
        }
        _ => Err(no_meaning(parameter, "in a query")),
    }
}

fn encoded_pair(parameter: &Parameter, pair: &Pair) -> Part {
    // A reserved character that separates items is always encoded inside an item.
    let separates = |character: &char| pair.is_joined && matches!(character, ',' | ';' | '=');
    let kept: String = RESERVED.chars().filter(|kept| parameter.allow_reserved && !separates(kept)).collect();
    let texts: Vec<String> = pair.texts.iter().map(|text| encoded(text, &kept)).collect();
    Part { name: Some(encoded(&pair.name, "")), value: texts.join(&encoded_separator(pair.separator)) }
}
