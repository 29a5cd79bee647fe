//! Any bytes as a script for a shell.
#![no_main]

#[path = "../src/scripts.rs"]
mod scripts;

libfuzzer_sys::fuzz_target!(|script: &[u8]| scripts::shell_script(script));
