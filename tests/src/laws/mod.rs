//! Laws that hold for every document and every expression, whatever its bytes.
//!
//! Each law panics if it is broken. Tests apply the laws to all documents and expressions in the repository; the fuzz
//! targets in `fuzz/` apply them to generated ones. Other tests check that results are right; laws check what must
//! never be wrong.

pub mod agreement;
pub mod check;
mod documents;
pub mod expression;
pub mod fix;
mod places;
pub mod yaml;
