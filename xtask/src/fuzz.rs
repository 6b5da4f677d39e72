//! Runs the fuzz targets of `fuzz/`, and writes their seeds.
//!
//! The seeds are the documents and expressions in the repository, written again before every run. Inputs that a run
//! adds remain in `fuzz/corpus` and are not committed.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use naftiko_tests::laws::agreement;
use naftiko_tests::seeds::Seeds;

use crate::workspace::{Workspace, carry_out};

/// The number of generated seeds for the target `agreement`.
const CHOICES: u64 = 200;

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
    /// An operation with arguments: checked, mocked and sent.
    Agreement,
}

impl Target {
    const ALL: [Self; 5] = [Self::Yaml, Self::Expression, Self::Check, Self::Fix, Self::Agreement];

    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Expression => "expression",
            Self::Check => "check",
            Self::Fix => "fix",
            Self::Agreement => "agreement",
        }
    }

    /// The dictionary of the target; `None` if its bytes only determine choices.
    fn dictionary(self) -> Option<&'static str> {
        match self {
            Self::Yaml => Some("yaml"),
            Self::Expression => Some("expression"),
            Self::Check | Self::Fix => Some("composition"),
            Self::Agreement => None,
        }
    }

    /// The maximum length of an input in bytes: enough for the syntax that the target reads.
    fn longest(self) -> usize {
        match self {
            Self::Yaml | Self::Check | Self::Fix => 8192,
            Self::Expression | Self::Agreement => 512,
        }
    }
}

/// Runs one target, or all of them in turn, for this many seconds each.
pub(crate) fn run(workspace: &Workspace, target: Option<Target>, seconds: u32) -> anyhow::Result<()> {
    let found =
        Command::new("cargo-fuzz").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        bail!("this needs `cargo-fuzz`; run `cargo install cargo-fuzz`");
    }
    let seeds = Seeds::collect();
    for target in target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]) {
        let name = target.name();
        write(&seeds, workspace, target)?;
        let options = [
            format!("-max_total_time={seconds}"),
            format!("-max_len={}", target.longest()),
            "-rss_limit_mb=4096".to_owned(),
            "-timeout=20".to_owned(),
            "-print_final_stats=1".to_owned(),
        ];
        // The workspace has no unsafe code, so a sanitizer would only cost time. Coverage needs unstable options of the
        // compiler.
        let mut fuzz = workspace.cargo(&["fuzz", "run", "--sanitizer", "none", name, "--"]);
        let dictionary = target.dictionary().map(|name| format!("-dict=fuzz/dictionaries/{name}.dict"));
        carry_out(fuzz.args(options).args(dictionary).env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

/// Writes the seeds to the corpus of a target.
fn write(seeds: &Seeds, workspace: &Workspace, target: Target) -> anyhow::Result<()> {
    let folder = workspace.root.join("fuzz/corpus").join(target.name());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let documents = seeds.documents.iter().map(Vec::as_slice);
    let strings = seeds.strings.iter().map(String::as_bytes);
    let choices: Vec<Vec<u8>> = (0..CHOICES).map(agreement::seed).collect();
    let wanted: Vec<&[u8]> = match target {
        Target::Yaml => documents.chain(strings).collect(),
        Target::Expression => strings.collect(),
        Target::Check | Target::Fix => documents.collect(),
        Target::Agreement => choices.iter().map(Vec::as_slice).collect(),
    };
    let fitting = wanted.into_iter().filter(|seed| seed.len() <= target.longest());
    for (number, seed) in fitting.enumerate() {
        let path = folder.join(format!("seed-{number:04}"));
        fs::write(&path, seed).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_dictionary() {
        let fuzz = Workspace::find().unwrap().root.join("fuzz");
        for target in Target::ALL {
            assert!(fuzz.join("targets").join(format!("{}.rs", target.name())).is_file());
            let dictionary = target.dictionary().map(|name| fuzz.join(format!("dictionaries/{name}.dict")));
            assert!(dictionary.is_none_or(|path| path.is_file()));
        }
    }
}
