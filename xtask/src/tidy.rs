//! Checks rules of the architecture and of the house that the compiler does not check.
//!
//! [`arrows`] has the rules about dependencies between crates, [`layers`] those about imports between the modules of a
//! crate, [`text`] those about the contents of files, and [`english`] those about their language. All of them are pure:
//! this module reads the manifests and the files, passes them on and prints the problems.

mod arrows;
mod english;
mod imports;
mod layers;
mod text;

use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::{DependencyKind, Package};

use crate::workspace::Workspace;
use arrows::Room;
use english::Comments;
use imports::Source;

/// Prints all problems. Fails if there are any.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let rooms: Vec<Room> = workspace.metadata.packages.iter().map(room).collect();
    let mut problems = arrows::problems(&rooms);
    let mut long = Vec::new();
    let mut comments = Comments::default();
    let mut sources = Vec::new();

    for path in listed(workspace, &["--cached", "--others", "--exclude-standard"])? {
        // Skips tracked files that are deleted, and files that are not UTF-8.
        let Ok(text) = fs::read_to_string(workspace.root.join(&path)) else { continue };
        problems.extend(text::problems(&path, &text));
        problems.extend(english::problems(&path, &text));
        comments.read(&path, &text);
        long.extend(text::too_long(&path, &text));
        if path == "ARCHITECTURE.md" {
            problems.extend(text::unnamed(&text, shipped(workspace)));
        }
        if text::is_rust(&path) {
            sources.push(Source { path, text });
        }
    }
    problems.extend(layers::problems(&sources));
    problems.extend(comments.problems());
    if !listed(workspace, &["--cached"])?.iter().any(|path| path == "Cargo.lock") {
        problems.push("`Cargo.lock` is not committed".to_owned());
    }

    for warning in &long {
        println!("warning: {warning}");
    }
    for problem in &problems {
        println!("error: {problem}");
    }
    if problems.is_empty() {
        println!("{} crates are tidy", rooms.len());
        return Ok(());
    }
    bail!("tidy found {} problems", problems.len())
}

fn room(package: &Package) -> Room {
    let names = |kind: DependencyKind| {
        package.dependencies.iter().filter(move |it| it.kind == kind).map(|it| it.name.clone()).collect()
    };
    Room {
        name: package.name.to_string(),
        uses: names(DependencyKind::Normal),
        tested_with: names(DependencyKind::Development),
    }
}

/// The names of the crates that ship, which are those under `crates/`.
fn shipped(workspace: &Workspace) -> impl Iterator<Item = &str> {
    let folder = workspace.metadata.workspace_root.join("crates");
    let packages = workspace.metadata.packages.iter();
    packages
        .filter(move |package| package.manifest_path.starts_with(&folder))
        .map(|package| package.name.as_str())
}

/// The files listed by Git, as paths relative to the root.
fn listed(workspace: &Workspace, which: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut command = workspace.command("git", &["ls-files", "-z"]);
    let output = command.args(which).output().context("cannot start `git`")?;
    if !output.status.success() {
        bail!("`git ls-files` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}
