//! Mutations of inputs for the laws of `naftiko_tests::laws`, similar to edits by authors.
//!
//! This crate does not depend on the fuzzer, so an input found by it can be reproduced anywhere.

pub mod mutate;
