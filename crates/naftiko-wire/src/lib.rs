//! How the arguments of an operation become a request, and how a request is read back, as `OpenAPI` 2.0 to 3.2 says.
//!
//! Everything here is pure: no clock, no socket, no secret. `check` asks whether a literal can be sent, the HTTP adapter
//! sends it, and the mock refuses the same arguments and reads requests back, so all three agree. A value is refused if it has
//! no written form in its place, or if it would arrive as a different value. Messages name the argument and never show
//! its value.

mod charset;
mod cookie;
mod data_url;
mod fit;
mod flat;
mod form;
mod header;
mod kept;
mod media;
mod multipart;
mod number;
mod parameter;
mod path;
mod percent;
mod query;
pub mod read;
mod refusal;
mod request;

pub use charset::charset;
pub use cookie::is_cookie_octet;
pub use fit::{ArgumentSchemas, options_for, options_of};
pub use header::{is_field_value, is_token};
pub use kept::OfOperations;
pub use number::number_text;
pub use percent::{encoded, encoded_literal};
pub use refusal::{Refusal, Target};
pub use request::{
    RequestParts, body_refusal, combination_refusal, operation_refusal, parameter_refusal, render,
};

#[cfg(test)]
mod tests;
