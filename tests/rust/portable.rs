//! What a 32-bit build would not compile, or count wrongly: there is none to try it on.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn constants_of_the_size_of_a_pointer_fit_32_bits() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rust/core"), &mut found);
    let mut seen = 0;
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| line.contains("const ")) {
            let Some((_, value)) = line.split_once(": usize = ") else { continue };
            let value = value.trim_end_matches(';').replace('_', "");
            if value.chars().all(|c| c.is_ascii_digit()) {
                let value: u64 = value.parse().unwrap();
                assert!(u32::try_from(value).is_ok(), "{}: {line}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen} constants were found");
}
