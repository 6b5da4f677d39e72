//! What holds for every document and every expression, whatever its bytes.
//!
//! Each law panics where it is broken. Tests hold them for all documents and expressions that the repository has; the fuzz
//! targets in `fuzz/` for made-up ones. Other tests say what is right; these only what is never wrong.

pub mod agreement;
pub mod check;
mod documents;
pub mod expression;
pub mod fix;
mod places;
pub mod yaml;
