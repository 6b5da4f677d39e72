//! The workspace: its root folder, its Cargo metadata, and commands that run in it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// The workspace that this crate belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The root folder.
    pub(crate) root: PathBuf,
    /// The Cargo metadata of the members; dependencies are named, not resolved.
    pub(crate) metadata: Metadata,
}

impl Workspace {
    /// Reads the metadata from Cargo.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .no_deps()
            .exec()
            .context("`cargo metadata` failed")?;
        Ok(Self { root: metadata.workspace_root.clone().into(), metadata })
    }

    /// The path of the binary `name` in the profile `debug` or `release`.
    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        let folder = self.metadata.target_directory.join(profile);
        folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)).into()
    }

    /// A Cargo command in the root folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        self.command(cargo, arguments)
    }

    /// A command in the root folder.
    pub(crate) fn command(&self, program: impl Into<OsString>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.into());
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }
}

/// Runs a command to its end, with its output passed through; fails if the command fails.
pub(crate) fn carry_out(command: &mut Command) -> anyhow::Result<()> {
    let line = written(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// The command as typed on a command line.
fn written(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--workspace"]);
        assert_eq!(written(&command), "cargo test --workspace");
    }

    #[test]
    fn a_command_that_fails_or_does_not_exist_is_an_error() {
        let error =
            carry_out(Command::new("cargo").arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().starts_with("`cargo no-such-command` failed"), "{error}");
        let error = carry_out(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program`");
    }
}
