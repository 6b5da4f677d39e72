//! One input holds a document and the files beside it.
//!
//! An input has the format of a fixture in `tests/fixtures/check`: first the document, then the other files, each after
//! a line `=== path`. The provider of the fixtures is always present, unless the input replaces it.

use std::path::Path;

use naftiko_spec::MemoryFiles;

/// The path of the document.
pub const MAIN: &str = "document.yaml";

/// The files that are present for every document, by path.
const BESIDE: &[(&str, &[u8])] = &[
    ("shared/acme.yaml", include_bytes!("../../fixtures/acme/acme.yaml")),
    ("shared/acme-openapi.yaml", include_bytes!("../../fixtures/acme/acme-openapi.yaml")),
];

/// The path of the document.
pub fn main() -> &'static Path {
    Path::new(MAIN)
}

/// The files of an input, and those that are always present.
pub fn files(input: &[u8]) -> MemoryFiles {
    let beside = BESIDE.iter().fold(MemoryFiles::new(), |files, (path, bytes)| files.with(*path, *bytes));
    split(input).into_iter().fold(beside, |files, (path, bytes)| files.with(path, bytes))
}

/// The files in an input, the document first. Of two files with one path the last one is used. A path that is not UTF-8
/// does not start a file.
fn split(input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(MAIN.to_owned(), Vec::new())];
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=== ").map(str::from_utf8) {
            Some(Ok(path)) => files.push((path.trim().to_owned(), Vec::new())),
            _ => {
                if let Some((_, bytes)) = files.last_mut() {
                    bytes.extend_from_slice(line);
                }
            }
        }
    }
    files
}
