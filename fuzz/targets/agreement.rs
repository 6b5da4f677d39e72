//! An operation with arguments: checked, mocked and sent.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| naftiko_tests::laws::agreement::hold(input));
