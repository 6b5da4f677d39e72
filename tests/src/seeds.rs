//! Collects the documents and expressions in the repository, for testing the laws and as seeds for fuzzers.

use std::collections::BTreeSet;
use std::fs;

use naftiko_syntax::{Limits, Node, Value};

use crate::{pages, workspace};

/// The inputs for the laws.
#[derive(Debug, Default)]
pub struct Seeds {
    /// Documents with the files beside them, in the format of a fixture.
    pub documents: BTreeSet<Vec<u8>>,
    /// Expressions, templates, and other strings.
    pub strings: BTreeSet<String>,
}

impl Seeds {
    /// Collects the shipped documents, the fixtures, the documents of the pages and of the fault table, and the strings
    /// in them and in tests.
    ///
    /// # Panics
    /// If one of them cannot be read.
    pub fn collect() -> Self {
        let mut seeds = Self::default();
        for folder in [
            "specs/workos",
            "specs/workos/shared",
            "specs/secureauth",
            "specs/secureauth/shared",
            "tests/faults",
            "tests/fixtures/check",
        ] {
            seeds.documents.extend(texts(folder, "yaml").map(String::into_bytes));
        }
        for page in pages::pages().expect("the pages are in their form") {
            seeds.documents.extend(page.examples.iter().chain(&page.instead).map(|case| joined(&case.files)));
        }
        for document in &seeds.documents {
            let mut sources = naftiko_diagnostics::SourceMap::new();
            let (_, parsed) = naftiko_syntax::parse_bytes("seed", document, &mut sources, &Limits::default());
            seeds.strings.extend(parsed.root.iter().flat_map(strings));
        }
        for folder in
            ["crates/naftiko-expr/src/tests", "crates/naftiko-jinja/src", "crates/naftiko-syntax/src/tests"]
        {
            seeds.strings.extend(texts(folder, "rs").flat_map(|source| literals(&source)));
        }
        seeds
    }
}

/// The contents of the files in a folder with this extension.
fn texts(folder: &str, ending: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(workspace().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let wanted = paths.filter(move |path| path.extension().is_some_and(|found| found == ending));
    wanted.map(|path| fs::read_to_string(path).expect("a readable text"))
}

/// A document and the files beside it, in the format of a fixture.
fn joined(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut joined = Vec::new();
    for (number, (path, bytes)) in files.iter().enumerate() {
        if number > 0 {
            joined.extend(format!("=== {path}\n").bytes());
        }
        joined.extend(bytes);
    }
    joined
}

/// Every text in a tree.
fn strings(root: &Node) -> Vec<String> {
    match &root.value {
        Value::String(text) => vec![text.as_str().to_owned()],
        Value::Sequence(items) => items.iter().flat_map(strings).collect(),
        Value::Mapping(mapping) => mapping.iter().flat_map(|(_, entry)| strings(&entry.value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The string literals of a Rust source that also parse as JSON strings, which most do.
fn literals(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = source;
    while let Some((_, after)) = rest.split_once('"') {
        let mut escaped = false;
        let end = after.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some((literal, after)) = end.and_then(|end| after.split_at_checked(end)) else { break };
        literals.extend(serde_json::from_str::<String>(&format!("\"{literal}\"")).ok());
        rest = after.get(1..).unwrap_or_default();
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_documents_and_the_expressions_in_them() {
        let seeds = Seeds::collect();
        assert!(seeds.documents.len() > 100, "{}", seeds.documents.len());
        assert!(seeds.strings.contains("len(response.body.data[? @.email == inputs.admin]) > 0"));
    }

    #[test]
    fn files_are_joined_as_in_a_fixture() {
        let files = [("a.yaml", "a: 1\n"), ("b/c.yaml", "c: 2\n")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        assert_eq!(joined(&files), b"a: 1\n=== b/c.yaml\nc: 2\n");
    }

    #[test]
    fn literals_are_read_from_a_source() {
        assert_eq!(literals(r#"check("a\"b", "${x}\n"); let open = "#), ["a\"b", "${x}\n"]);
    }
}
