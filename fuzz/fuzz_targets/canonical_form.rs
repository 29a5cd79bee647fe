//! Any bytes as JSON to be made canonical.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| sayso_fuzz::canonical_form(text));
