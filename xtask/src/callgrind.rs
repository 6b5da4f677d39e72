//! Instruction counts of the command line, by valgrind's callgrind.
//!
//! Times depend on the machine and its load. Counts hardly do, so two builds can be compared to within a few per cent.
//! The documents are generated and identical every time.

mod documents;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow, bail};

use crate::workspace::{Workspace, carry_out};

/// The tolerated increase of a count, in per cent.
const TOLERANCE: u64 = 5;

/// The program that counts instructions.
const VALGRIND: &str = "valgrind";

/// The counted commands: name, arguments, and number of steps in the documents.
const COMMANDS: [(&str, &[&str], usize); 4] = [
    ("check of 2 steps", &["check", "--quiet", "main.yaml"], 2),
    ("check of 50 steps", &["check", "--quiet", "main.yaml"], 50),
    ("check of 500 steps", &["check", "--quiet", "main.yaml"], 500),
    ("test of 10 steps", &["test", "--jobs", "1", "main.test.yaml"], 10),
];

/// Counts the instructions of `binary`, or of a release build of this workspace, and compares them with those of
/// `against`, an earlier binary.
///
/// # Errors
/// If a command fails, or a count exceeds that of `against` by more than 5 %. Without valgrind, nothing is counted and
/// no error is returned.
pub(crate) fn run(
    workspace: &Workspace,
    binary: Option<&Path>,
    against: Option<&Path>,
) -> anyhow::Result<()> {
    if !is_installed() {
        println!("skipped: instructions are counted with `{VALGRIND}`, which is not installed");
        return Ok(());
    }
    let binary = match binary {
        Some(binary) => binary.to_path_buf(),
        None => release(workspace)?,
    };
    let mut risen = Vec::new();
    for (name, arguments, steps) in COMMANDS {
        let now = count(&binary, arguments, steps).with_context(|| name.to_owned())?;
        let before =
            against.map(|binary| count(binary, arguments, steps)).transpose().context(name.to_owned())?;
        println!("{}", row(name, now, before));
        if before.is_some_and(|before| is_more(now, before)) {
            risen.push(name);
        }
    }
    if !risen.is_empty() {
        bail!("more than {TOLERANCE} % above the earlier binary: {}", risen.join(", "));
    }
    Ok(())
}

/// Whether valgrind can be started.
fn is_installed() -> bool {
    let started =
        Command::new(VALGRIND).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    started.is_ok_and(|status| status.success())
}

/// Builds the release binary of this workspace.
fn release(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    carry_out(&mut workspace.cargo(&["build", "--release", "--package", "naftiko"]))?;
    Ok(workspace.binary("release", "naftiko"))
}

/// The number of instructions that one command executes on documents of `steps` steps.
fn count(binary: &Path, arguments: &[&str], steps: usize) -> anyhow::Result<u64> {
    let binary = std::path::absolute(binary)?;
    let folder = tempfile::tempdir().context("cannot make a folder for the documents")?;
    for (name, text) in documents::write(steps) {
        let path = folder.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text)?;
    }
    // The first run of a test writes its snapshot. The second, which compares with it, is counted.
    finish(command(&binary, folder.path()).args(arguments))?;
    let mut counted = command(Path::new(VALGRIND), folder.path());
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&binary).args(arguments);
    let stderr = finish(&mut counted)?;
    collected(&stderr).ok_or_else(|| anyhow!("no count in what {VALGRIND} printed:\n{stderr}"))
}

/// A command whose environment holds only `PATH` and folders for its state.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("HOME", folder).env("XDG_STATE_HOME", folder.join("state"));
    command
}

/// Runs a command to its end, and returns its standard error.
fn finish(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let stdout = String::from_utf8_lossy(&output.stdout);
        bail!("{command:?} failed ({}):\n{stdout}{stderr}", output.status);
    }
    Ok(stderr)
}

/// Parses the count in a line such as `==1234== Collected : 5678`.
fn collected(stderr: &str) -> Option<u64> {
    let count = stderr.lines().find_map(|line| line.split_once("Collected :"))?.1;
    count.trim().parse().ok()
}

/// Whether a count exceeds an earlier one by more than the tolerance.
fn is_more(now: u64, before: u64) -> bool {
    now.saturating_mul(100) > before.saturating_mul(100 + TOLERANCE)
}

/// Renders a count, with the earlier one and the change in tenths of a per cent.
fn row(name: &str, now: u64, before: Option<u64>) -> String {
    let mut row = format!("{name:<20} {now:>15} instructions");
    if let Some(before) = before.filter(|before| *before > 0) {
        let change = now.abs_diff(before).saturating_mul(1000) / before;
        let sign = if now < before { '-' } else { '+' };
        let _ = write!(row, ", before {before:>15} ({sign}{}.{} %)", change / 10, change % 10);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_prints() {
        let printed = "==7== Callgrind, a call-graph generating cache profiler\n==7== Events    : Ir\n==7== Collected : 6103519\n";
        assert_eq!(collected(printed), Some(6_103_519));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn a_rise_of_five_per_cent_is_tolerated_and_more_is_not() {
        assert!(!is_more(105, 100));
        assert!(is_more(106, 100));
        assert!(!is_more(90, 100));
    }

    #[test]
    fn a_row_gives_the_change_in_tenths_of_a_per_cent() {
        assert_eq!(row("check", 1_012, None), "check                           1012 instructions");
        let (more, less) = (row("check", 1_012, Some(1_000)), row("check", 950, Some(1_000)));
        assert!(more.ends_with("before            1000 (+1.2 %)"), "{more}");
        assert!(less.ends_with("before            1000 (-5.0 %)"), "{less}");
    }
}
