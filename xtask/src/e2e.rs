//! The end-to-end tests against the `WorkOS` emulator, and their prerequisites.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, bail};

use crate::workspace::{Workspace, carry_out};

/// The version of Node that the emulator needs.
const NODE: &str = "Node 20.20 or later";

/// Installs the emulator if it is missing or outdated, builds the binary, and runs the tests that use both: the
/// onboarding of edition 0.1, killed at any point, and the other compositions of `specs/workos`.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    install(workspace)?;
    build(workspace)?;
    // The whole workspace is selected, so that its crates are built with the features of `cargo test --workspace` and
    // its artifacts are reused.
    let mut test = workspace.cargo(&["test", "--workspace", "--test", "emulator", "--", "--nocapture"]);
    carry_out(test.env("NAFTIKO_E2E", "1").env("NAFTIKO_BIN", workspace.binary("debug", "naftiko")))?;
    let mut compositions = workspace.command("node", &["--test", "tests/e2e/compositions.test.mjs"]);
    carry_out(compositions.env("NAFTIKO_BIN", workspace.binary("debug", "naftiko")))
}

/// Runs the end-to-end tests, or prints why they are skipped.
pub(crate) fn run_if_possible(workspace: &Workspace) -> anyhow::Result<()> {
    match missing_program() {
        Some(program) => {
            println!("skipped: the emulator needs `{program}`, which is not installed; install {NODE}");
            Ok(())
        }
        None => run(workspace),
    }
}

/// Runs in full the tests of which `cargo test` runs a part.
pub(crate) fn matrix(workspace: &Workspace) -> anyhow::Result<()> {
    let arguments = ["test", "--workspace", "--test", "durable", "--test", "cli", "--", "--nocapture"];
    let tests = ["matrix::", "memory::"];
    carry_out(workspace.cargo(&[&arguments[..], &tests[..]].concat()).env("NAFTIKO_MATRIX", "1"))
}

/// Builds the binary that the end-to-end tests run.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    carry_out(&mut workspace.cargo(&["build", "--workspace", "--bin", "naftiko"]))
}

/// Installs the versions in the lockfile, unless they are installed already.
fn install(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.root.join("tests/e2e");
    if is_current(&folder) {
        return Ok(());
    }
    if let Some(program) = missing_program() {
        bail!("the emulator needs `{program}`, which is not installed; install {NODE}");
    }
    carry_out(workspace.command("npm", &["ci"]).current_dir(&folder)).context("cannot install the emulator")
}

/// The first of the programs that the emulator needs and that cannot be started.
fn missing_program() -> Option<&'static str> {
    ["node", "npm"].into_iter().find(|program| {
        let version =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        !version.is_ok_and(|status| status.success())
    })
}

/// Whether the installation is newer than the lockfile. npm writes the checked file at the very end of an installation.
fn is_current(folder: &Path) -> bool {
    let age = |name: &str| -> Option<SystemTime> { folder.join(name).metadata().ok()?.modified().ok() };
    match (age("node_modules/.package-lock.json"), age("package-lock.json")) {
        (Some(installed), Some(locked)) => installed >= locked,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_an_installation_is_not_current() {
        assert!(!is_current(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))));
    }
}
