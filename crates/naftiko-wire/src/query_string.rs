//! The parameter that is the whole query string (`in: querystring` of 3.2): a form, or a text of another media type.

use naftiko_adapter::media_type::essence;
use naftiko_adapter::{Operation, Parameter};
use serde_json::Value;

use crate::form;
use crate::media_type::is_form;
use crate::parameter::content;
use crate::percent::encoded;
use crate::query::Part;
use crate::refusal::Problem;

/// The parts of the query, encoded.
pub(crate) fn write(
    operation: &Operation,
    parameter: &Parameter,
    value: &Value,
) -> Result<Vec<Part>, Problem> {
    let content_type = parameter.content_type.as_deref().unwrap_or("application/x-www-form-urlencoded");
    if is_form(&essence(content_type)) {
        return form::write(operation, &parameter.schema, &parameter.encoding, content_type, value);
    }
    let text = content(parameter, content_type, value)?;
    Ok(vec![Part { name: None, value: encoded(&text, "") }])
}
