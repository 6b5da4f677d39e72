//! The intermediate representation: providers and operations, resolved steps, bound arguments, sub-compositions.
//!
//! This layer holds data and the functions that look things up in it. It reports no findings and imports no other
//! layer.

pub(crate) mod bound;
pub(crate) mod directory;
pub(crate) mod missing_names;
pub(crate) mod options;
pub(crate) mod paged;
pub(crate) mod provider;
pub(crate) mod resolved;
pub(crate) mod resource;
pub(crate) mod schema;
pub(crate) mod slots;
pub(crate) mod sub_composition;
