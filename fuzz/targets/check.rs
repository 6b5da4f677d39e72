//! A document and the files beside it, checked.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| naftiko_tests::laws::check::hold(input));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    naftiko_fuzz::mutate::document(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
});
