//! Atomic replacement of a small file in the state folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::place::sync_folder;
use super::seal::random;
use super::{StoreError, protection};

/// Replaces the content of a file durably: writes a new file beside `path` and renames it. A link at `path` is
/// replaced, not followed.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let unwritten = |error: &io::Error| StoreError::file(path, "written", error);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.new", u64::from_be_bytes(random()?)));
    let new = PathBuf::from(name);
    let file = protection::open(&new, OpenOptions::new().create_new(true).write(true), "written")?;
    let written = file.and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if let Err(error) = written {
        // The partial file is useless.
        let _ = fs::remove_file(&new);
        return Err(unwritten(&error));
    }
    path.parent().map_or(Ok(()), sync_folder)
}
