//! What holds for every document and every expression, whatever its bytes: the laws that the fuzz targets try.
//!
//! Each law panics where it is broken, which is how a fuzzer learns of it. Nothing here knows of the fuzzer, so that an
//! input it found can be tried anywhere; [`mutate`] only makes inputs. The project's own tests say what is right;
//! these only what is never wrong.

pub mod check;
pub mod documents;
pub mod expression;
pub mod fix;
pub mod mutate;
pub mod places;
pub mod yaml;
