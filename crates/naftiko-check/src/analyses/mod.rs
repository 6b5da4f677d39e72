//! Analyses of the intermediate representation: symbols and their types, inference, taint, expiry, reachability.
//!
//! An analysis is a function of the representation, and its result is data. Codes and stages read the results.

pub(crate) mod constraints;
pub(crate) mod expiry;
pub(crate) mod expressions;
pub(crate) mod inference;
pub(crate) mod judgment;
pub(crate) mod missing_argument_fix;
pub(crate) mod model;
pub(crate) mod placement;
pub(crate) mod purposes;
pub(crate) mod reachability;
pub(crate) mod sendable;
pub(crate) mod symbols;
pub(crate) mod taint;
pub(crate) mod type_match;
pub(crate) mod typed_value;
