//! The fuzz targets of `fuzz/`: what they begin with, and their runs.
//!
//! The seeds are the documents and expressions that the repository has anyway, written anew before every run; what a run
//! finds worth keeping stays in `fuzz/corpus` beside them, and is not committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow, bail};
use naftiko_syntax::{Limits, Node, Value};
use naftiko_tests::pages;

use crate::workspace::{Workspace, carry_out};

/// A fuzz target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Target {
    /// Any bytes as a YAML document.
    Yaml,
    /// Any text as an expression and as a template.
    Expression,
    /// A document and the files beside it, checked.
    Check,
    /// A document and the files beside it, fixed and upgraded.
    Fix,
}

impl Target {
    const ALL: [Self; 4] = [Self::Yaml, Self::Expression, Self::Check, Self::Fix];

    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Expression => "expression",
            Self::Check => "check",
            Self::Fix => "fix",
        }
    }

    fn dictionary(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Expression => "expression",
            Self::Check | Self::Fix => "composition",
        }
    }

    /// How many bytes an input may have: enough to say what the target reads.
    fn longest(self) -> usize {
        match self {
            Self::Yaml | Self::Check | Self::Fix => 8192,
            Self::Expression => 512,
        }
    }
}

/// Runs one target, or each in turn, for so many seconds.
pub(crate) fn run(workspace: &Workspace, target: Option<Target>, seconds: u32) -> anyhow::Result<()> {
    let found =
        Command::new("cargo-fuzz").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        bail!("this needs `cargo-fuzz`; run `cargo install cargo-fuzz`");
    }
    let seeds = Seeds::collect(workspace)?;
    for target in target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]) {
        let name = target.name();
        seeds.write(workspace, target)?;
        let options = [
            format!("-max_total_time={seconds}"),
            format!("-max_len={}", target.longest()),
            format!("-dict=fuzz/dictionaries/{}.dict", target.dictionary()),
            "-rss_limit_mb=4096".to_owned(),
            "-timeout=20".to_owned(),
            "-print_final_stats=1".to_owned(),
        ];
        // Nothing of ours is unsafe, so that a sanitizer would only cost time. Coverage needs options of the compiler
        // that are not stable.
        let mut fuzz = workspace.cargo(&["fuzz", "run", "--sanitizer", "none", name, "--"]);
        carry_out(fuzz.args(options).env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

/// What the targets begin with.
#[derive(Debug, Default)]
struct Seeds {
    /// Documents with the files beside them, in the form of a fixture.
    documents: BTreeSet<Vec<u8>>,
    /// Expressions, templates, and other strings.
    strings: BTreeSet<String>,
}

impl Seeds {
    /// The fixtures, the documents of the pages and of the fault table, and the strings in them and in tests.
    fn collect(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut seeds = Self::default();
        for folder in [
            "specs/workos",
            "specs/workos/shared",
            "specs/secureauth",
            "specs/secureauth/shared",
            "tests/faults",
            "tests/fixtures/check",
        ] {
            seeds
                .documents
                .extend(texts(&workspace.root.join(folder), "yaml")?.into_values().map(String::into_bytes));
        }
        for page in pages::pages().map_err(|error| anyhow!(error))? {
            seeds.documents.extend(page.examples.iter().chain(&page.instead).map(|case| joined(&case.files)));
        }
        for document in &seeds.documents {
            let mut sources = naftiko_diagnostics::SourceMap::new();
            let (_, parsed) = naftiko_syntax::parse_bytes("seed", document, &mut sources, &Limits::default());
            seeds.strings.extend(parsed.root.iter().flat_map(strings));
        }
        for folder in ["crates/naftiko-expr/tests/expr", "crates/naftiko-syntax/tests/syntax"] {
            let sources = texts(&workspace.root.join(folder), "rs")?;
            seeds.strings.extend(sources.values().flat_map(|source| literals(source)));
        }
        Ok(seeds)
    }

    /// Puts them where a target finds them.
    fn write(&self, workspace: &Workspace, target: Target) -> anyhow::Result<()> {
        let folder = workspace.root.join("fuzz/corpus").join(target.name());
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let documents = self.documents.iter().map(Vec::as_slice);
        let strings = self.strings.iter().map(String::as_bytes);
        let seeds: Vec<&[u8]> = match target {
            Target::Yaml => documents.chain(strings).collect(),
            Target::Expression => strings.collect(),
            Target::Check | Target::Fix => documents.collect(),
        };
        let fitting = seeds.into_iter().filter(|seed| seed.len() <= target.longest());
        for (number, seed) in fitting.enumerate() {
            let path = folder.join(format!("seed-{number:04}"));
            fs::write(&path, seed).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// The texts of a folder's files of one ending, by name.
fn texts(folder: &Path, ending: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            texts.insert(path.display().to_string(), text);
        }
    }
    Ok(texts)
}

/// A document and the files beside it, in the form of a fixture.
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

/// The string literals of a Rust source: those that read as JSON, which is most.
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
    fn every_target_has_its_dictionary_and_its_seeds() {
        let workspace = Workspace::find().unwrap();
        let seeds = Seeds::collect(&workspace).unwrap();
        assert!(seeds.documents.len() > 100, "{}", seeds.documents.len());
        assert!(seeds.strings.contains("len(response.body.data[? @.email == inputs.admin]) > 0"));
        for target in Target::ALL {
            let fuzz = workspace.root.join("fuzz");
            assert!(fuzz.join("targets").join(format!("{}.rs", target.name())).is_file());
            assert!(fuzz.join("dictionaries").join(format!("{}.dict", target.dictionary())).is_file());
        }
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
