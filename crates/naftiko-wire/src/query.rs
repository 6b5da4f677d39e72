//! Query parameters.

use naftiko_adapter::media_type::essence;
use naftiko_adapter::{Operation, Parameter, Style};
use serde_json::Value;

use crate::form::{self, is_form};
use crate::parameter::{Pair, content, encoded_separator, no_meaning, pairs};
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

/// The parts of a query parameter, encoded. `schema` describes the parameter, or the property that is written like one.
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
        Style::Querystring => whole(operation, parameter, value),
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

/// The parts of a parameter that is the whole query string (`in: querystring` of 3.2): a form, or a text of another
/// media type.
fn whole(operation: &Operation, parameter: &Parameter, value: &Value) -> Result<Vec<Part>, Problem> {
    let content_type = parameter.content_type.as_deref().unwrap_or("application/x-www-form-urlencoded");
    if is_form(&essence(content_type)) {
        return form::write(operation, &parameter.schema, &parameter.encoding, content_type, value);
    }
    let text = content(parameter, content_type, value)?;
    Ok(vec![Part { name: None, value: encoded(&text, "") }])
}
