//! Runs the binary in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A temporary folder with the provider of the fixtures, and a composition.
pub(crate) struct Folder {
    folder: TempDir,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    /// A folder with `composition.yaml`: the header of this edition, followed by `body`.
    pub(crate) fn new(edition: &str, body: &str) -> Self {
        let header = format!(
            "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '{edition}'\nproviderId: acme\n"
        );
        let made = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(made.folder.path().join("shared")).unwrap();
        for file in ["acme.yaml", "acme-openapi.yaml"] {
            let from = workspace().join("tests/fixtures/acme").join(file);
            std::fs::copy(from, made.folder.path().join("shared").join(file)).unwrap();
        }
        made.with("composition.yaml", format!("{header}{body}"))
    }

    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Adds a file.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// The path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `naftiko` in the folder, without a terminal, with the key of the provider in its environment.
    pub(crate) fn naftiko(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments))
    }

    /// The command, for changes before it is run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.current_dir(self.folder.path()).env("ACME_API_KEY", "secret-of-acme");
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        command
    }
}

/// `naftiko` with a clean environment and empty standard input.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn end(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().expect("it ended by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
