//! Any bytes as one line of the wire.
#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| sayso_fuzz::wire_line(line));
