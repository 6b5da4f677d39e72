//! The operations of an API description, each made self-contained.
//!
//! A description is an `OpenAPI` document. A [`Catalogue`] is an index of its paths and methods, cheap to load; only
//! [`Catalogue::operation`] follows `$ref`s, those of one operation. Every version from 2.0 to 3.2 gives the same form:
//! JSON Schema 2020-12, defaults of styles filled in, no reference that leaves the
//! [`Operation`](naftiko_adapter::Operation). A faulty description gives diagnostics and what could be understood,
//! never an error. [`bundle`] makes one document of a description in several files. This crate reads no file, follows no URL and knows nothing of compositions or runs.

mod body;
mod bundle;
mod catalogue;
mod circle;
mod contradiction;
mod document;
mod keyword;
mod media;
mod nearest;
mod nullable;
mod operation;
mod parameter;
mod schema;
mod server;
mod swagger;
#[cfg(test)]
mod tests;
mod version;
mod word;

use naftiko_diagnostics::Code;

pub use bundle::bundle;
pub use catalogue::{Catalogue, Entry};
pub use version::Version;

/// Every kind of problem this crate finds.
pub static CODES: &[&Code] = &[
    &version::NOT_OPENAPI,
    &version::UNKNOWN_OPENAPI_VERSION,
    &document::MALFORMED_DESCRIPTION,
    &document::UNSUPPORTED_DESCRIPTION,
    &document::DANGLING_REFERENCE,
    &document::EXTERNAL_REFERENCE,
    &document::CIRCULAR_REFERENCE,
    &contradiction::IMPOSSIBLE_SCHEMA,
    &catalogue::DUPLICATE_OPERATION_ID,
    &operation::UNDECLARED_PATH_PARAMETER,
];
