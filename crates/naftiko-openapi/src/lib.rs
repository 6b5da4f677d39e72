//! The operations of an API description, each made self-contained.
//!
//! A description is an `OpenAPI` document. A [`Catalogue`] is an index of its paths and methods, cheap to load; only
//! [`Catalogue::operation`] resolves `$ref`s, those of one operation. All versions from 2.0 to 3.2 give the same form:
//! JSON Schema 2020-12, with the defaults of styles, and without references that leave the
//! [`Operation`](naftiko_adapter::Operation). A faulty description gives diagnostics and the readable parts, never an
//! error. [`bundle`] merges a description in several files into one document. This crate reads no file, follows no URL
//! and does not depend on compositions or runs.

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

/// All diagnostic codes of this crate.
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
