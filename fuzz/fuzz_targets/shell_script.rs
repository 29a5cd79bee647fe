//! Any bytes as a script for a shell.
#![no_main]

#[path = "../src/scripts.rs"]
#[allow(dead_code, reason = "the fuzzer has seeds of its own")]
mod scripts;

libfuzzer_sys::fuzz_target!(|script: &[u8]| scripts::shell_script(script));
