//! Inputs for the laws of `naftiko_tests::laws`, made as authors might make them.
//!
//! Nothing here knows of the fuzzer, so that an input it found can be tried anywhere.

pub mod mutate;
