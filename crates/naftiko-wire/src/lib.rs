//! Renders the arguments of an operation as a request, and parses a request into arguments, by the rules of `OpenAPI`
//! 2.0 to 3.2.
//!
//! Everything here is pure: no clock, no socket, no secret. `check` verifies that a literal can be sent, the HTTP
//! adapter sends it, and the mock rejects the same arguments and parses requests, so all three agree. A value is
//! rejected if it has no written form in its place, or if it would arrive as a different value. Messages name the
//! argument and never show its value.

mod charset;
mod cookie;
mod data_url;
mod expected;
mod field;
mod fit;
mod flat;
mod form;
mod header;
mod kept;
mod media;
mod media_type;
mod multipart;
mod number;
mod parameter;
mod path;
mod percent;
mod query;
mod query_string;
pub mod read;
mod refusal;
mod request;
mod schema;

pub use charset::charset;
pub use cookie::is_cookie_octet;
pub use field::{is_field_value, is_token};
pub use fit::{ArgumentSchemas, options_for, options_of};
pub use kept::OfOperations;
pub use number::number_text;
pub use percent::{encoded, encoded_literal};
pub use refusal::{Refusal, Target};
pub use request::{
    RequestParts, body_refusal, combination_refusal, operation_refusal, parameter_refusal, render,
};

#[cfg(test)]
mod tests;
