//! YAML text to a tree in which every key and value knows its byte range.
//!
//! [`parse`] never fails: it returns as much of a tree as there is, and the diagnostics. It reads YAML 1.2 with the
//! core schema, and JSON by its own rules, refuses what cannot be read safely (alias bombs, absurd depth or size), and knows nothing
//! of the language whose documents it reads. It opens no file: callers hand their bytes to [`parse_bytes`].
//!
//! The way back to the text is [`Layout`], which writes a change in the style of the text around it, and [`apply`],
//! which makes changes and leaves every other byte as it is.

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
mod tree;
mod value;
mod write;

pub use ambiguous::ambiguous_scalars;
pub use codes::CODES;
pub use comment::{Comment, comments};
pub use decode::{DecodeError, decode, parse_bytes};
pub use edit::{EditError, apply};
pub use layout::Layout;
pub use reader::{Limits, Parsed, parse};
pub use tree::{Entry, Mapping, Node, Place, Text, Value};
pub use write::{Quotes, Site, flow, scalar};
