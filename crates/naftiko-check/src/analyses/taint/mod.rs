//! Taint analysis: where sensitive values come from, and which values they flow into.

pub(crate) mod paths;
pub(crate) mod propagate;
pub(crate) mod sensitive;
pub(crate) mod sources;
