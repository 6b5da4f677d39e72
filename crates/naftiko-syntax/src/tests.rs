//! The crate through its public API.

mod ambiguous;
mod comments;
mod content;
mod diagnostics;
mod edits;
mod hostile;
mod json;
mod layout;
mod places;
mod render;
mod spans;
mod stops;
mod values;
