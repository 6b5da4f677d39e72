//! Any bytes as a YAML document.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| naftiko_tests::laws::yaml::hold(input));
