//! Reads YAML text into a tree in which every key and value has its byte range.
//!
//! [`parse`] never fails: it returns the readable part of the tree, and the diagnostics. It reads YAML 1.2 with the
//! core schema, and JSON by its own rules, rejects dangerous input (alias bombs, excessive depth or size), and does not
//! depend on the language of the documents. It opens no file: callers pass bytes to [`parse_bytes`].
//!
//! [`Layout`] creates edits in the style of the surrounding text, and [`apply`] applies edits and leaves every other
//! byte unchanged.

mod alias;
mod alignment;
mod ambiguous;
mod builder;
pub mod codes;
mod comment;
mod core_schema;
mod decode;
mod edit;
mod fault;
mod json;
mod layout;
mod lines;
mod quote_fault;
mod quoting;
mod reader;
mod reports;
mod stack;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod write;

pub use ambiguous::ambiguous_scalars;
pub use codes::CODES;
pub use comment::{Comment, comments};
pub use core_schema::keeps_digits;
pub use decode::{DecodeError, decode, parse_bytes};
pub use edit::{EditError, apply};
pub use layout::Layout;
pub use reader::{Limits, Parsed, parse};
pub use tree::{Entry, Mapping, Node, Place, Text, Value};
pub use write::{Quotes, Site, flow, scalar};
