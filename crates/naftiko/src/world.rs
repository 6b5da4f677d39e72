//! The world outside: files, the environment, the clock, chance.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

use std::io;
use std::path::{Path, PathBuf};

use naftiko_plan::SecretName;
use naftiko_spec::Files;
use secrecy::SecretString;

/// The files of this machine.
#[derive(Debug)]
pub(crate) struct FileSystem;

impl Files for FileSystem {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        // Without a working folder there is nothing above the path either.
        std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
    }
}

/// The secret of a name; nothing if it is not set or empty.
pub(crate) fn secret(name: &SecretName) -> Option<SecretString> {
    let SecretName::EnvVar(variable) = name;
    let value = std::env::var(variable).ok()?;
    (!value.trim().is_empty()).then(|| SecretString::from(value))
}

/// An id that no other run has, rising with time.
pub(crate) fn run_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Leaves at once, whatever is under way.
#[expect(clippy::exit, reason = "an operator who interrupts twice does not want to wait")]
pub(crate) fn leave(exit: crate::exit::Exit) -> ! {
    std::process::exit(exit as i32)
}
