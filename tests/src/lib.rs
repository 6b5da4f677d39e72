//! Fixtures that contain their expectations.
//!
//! A fixture is a YAML file that may hold several files; a line `=== path` starts the next one. A comment
//! `# error[code]` (or `warning`, `note`) expects a finding with this code whose place begins on that line; a line may
//! expect several. Notes are compared only if the fixture expects one. Every fixture sees the provider in
//! `fixtures/acme`.

pub mod faults;
pub mod laws;
pub mod pages;
pub mod seeds;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use naftiko_check::{Checked, Options, check};
use naftiko_diagnostics::Severity;
use naftiko_spec::MemoryFiles;

/// A fixture and the result of checking it.
#[derive(Debug)]
pub struct Fixture {
    /// The name of its file, without the extension.
    pub name: String,
    /// The expected findings: file, line, and `severity[code]`.
    pub expected: Vec<Finding>,
    /// The result of the check.
    pub checked: Checked,
}

/// A finding at a line: file, line from 1, and `severity[code]`.
pub type Finding = (String, usize, String);

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Checks every fixture of `fixtures/check`, sorted by name.
///
/// # Panics
/// If a fixture cannot be read.
pub fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check");
    let entries = std::fs::read_dir(folder).expect("the fixtures are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    paths.iter().map(|path| Fixture::read(path)).collect()
}

impl Fixture {
    fn read(path: &Path) -> Self {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a UTF-8 name").to_owned();
        let main = format!("{name}.yaml");
        let text = std::fs::read_to_string(path).expect("a readable fixture");
        let parts = split(&main, &text);
        let files = parts.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        let checked = check_files(&main, files);
        let expected = parts.iter().flat_map(|(path, text)| expectations(path, text)).collect();
        Self { name, expected, checked }
    }

    /// The findings to compare: errors and warnings, and notes if one is expected.
    pub fn found(&self) -> Vec<Finding> {
        let notes = self.expected.iter().any(|(_, _, finding)| finding.starts_with("note"));
        findings(&self.checked, notes)
    }
}

/// Checks a document in memory, with the provider of the fixtures; `files` take precedence over its files.
///
/// # Panics
/// If the document is not among the files, or the provider cannot be read.
pub fn check_files(main: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Checked {
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/acme");
    let mut all = MemoryFiles::new();
    for file in ["acme.yaml", "acme-openapi.yaml"] {
        let bytes = std::fs::read(acme.join(file)).expect("the provider of the fixtures");
        all = all.with(format!("shared/{file}"), bytes);
    }
    for (path, bytes) in files {
        all = all.with(path, bytes);
    }
    check(Path::new(main), &Options::default(), &all).expect("the document is there")
}

/// The findings, by file and line; notes only if `notes` is set.
///
/// # Panics
/// If a finding is in an unknown file.
pub fn findings(checked: &Checked, notes: bool) -> Vec<Finding> {
    let counts = |severity: Severity| severity != Severity::Note || notes;
    let found = checked.diagnostics.iter().filter(|found| counts(found.severity()));
    let mut findings: Vec<Finding> = found
        .map(|found| {
            let file = checked.sources.file(found.primary.span.file).expect("a file of the sources");
            let line = file.line_column(found.primary.span.range().start).line;
            (file.name().to_owned(), line, format!("{}[{}]", found.severity().as_str(), found.code.id))
        })
        .collect();
    findings.sort();
    findings
}

/// The files in a fixture, by path.
fn split(main: &str, text: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut path = main.to_owned();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(next) => path = next.trim().to_owned(),
            None => files.entry(path.clone()).or_default().push_str(line),
        }
    }
    files
}

/// The findings that the comments of a text expect.
pub fn expectations(path: &str, text: &str) -> Vec<Finding> {
    let mut expected = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let Some((_, comment)) = content.split_once(" # ") else { continue };
        let expects =
            |word: &&str| ["error[", "warning[", "note["].iter().any(|start| word.starts_with(start));
        for word in comment.split_whitespace().filter(expects) {
            expected.push((path.to_owned(), line, word.to_owned()));
        }
    }
    expected.sort();
    expected
}
