//! Any text as an expression and as a template.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| naftiko_tests::laws::expression::hold(input));
