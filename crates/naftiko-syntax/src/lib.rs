//! YAML text to a tree in which every key and value knows its bytes.
//!
//! [`parse`] never fails: it returns what tree there is and the diagnostics. It reads YAML 1.2 with the core schema
//! (so JSON too), refuses what cannot be read safely (alias bombs, absurd depth or size), and knows nothing of the
//! language whose documents it reads. It opens no file: whoever has bytes calls [`parse_bytes`].

mod alias;
mod alignment;
mod ambiguous;
mod builder;
pub mod codes;
mod core_schema;
mod decode;
mod fault;
mod lines;
mod quote_fault;
mod quoting;
mod reader;
mod reports;
mod stack;
mod tree;
mod value;

pub use ambiguous::ambiguous_scalars;
pub use codes::CODES;
pub use decode::{DecodeError, decode, parse_bytes};
pub use reader::{Limits, Parsed, parse};
pub use tree::{Entry, Mapping, Node, Place, Text, Value};
