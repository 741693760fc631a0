#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanmatch_fuzz::groups(data));
