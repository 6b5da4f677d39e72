//! Files that are written: whole or not at all.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

use std::io::{self, Write as _};
use std::path::{Component, Path};

/// The mark that some editors put before a text. A text that had one keeps it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Gives a file another text. A concurrent reader sees all of one of the two. It keeps its permissions, and of a link the
/// target is written.
///
/// # Errors
/// Those of the file system; and if the file is not to be written, has another text than `before` by now, or is a link
/// that leads out of its folder: a document of others is not changed.
pub(crate) fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    if leaves_its_folder(path) {
        let problem = format!("it is a link out of its folder, to `{}`", target.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    let bytes = std::fs::read(&target)?;
    let (mark, text) = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => (&[][..], &bytes[..]),
    };
    if text != before.as_bytes() {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    let permissions = std::fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is write-protected"));
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".naftiko-").tempfile_in(folder)?;
    file.write_all(mark)?;
    file.write_all(after.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// Whether a path leads, by way of links, out of the folder that it is seen from: the working folder, or the file's own
/// folder for a path from the root or through `..`.
fn leaves_its_folder(path: &Path) -> bool {
    let is_plain = path.is_relative() && !path.components().any(|part| part == Component::ParentDir);
    let beside = if is_plain { Path::new("document") } else { path };
    !is_below(path, beside)
}

/// Writes a file, whatever was there. Whoever reads it meanwhile sees all of one of the two.
///
/// # Errors
/// Those of the file system.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".naftiko-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    // A temporary file is its owner's alone; this one is read by others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::metadata(path).map(|it| it.permissions());
        let readable = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(permissions.unwrap_or(readable))?;
    }
    file.persist(path)?;
    Ok(())
}

/// Whether a file is in the folder of another, or below it, links followed.
pub(crate) fn is_below(file: &Path, beside: &Path) -> bool {
    let folder = match beside.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    match (std::fs::canonicalize(file), std::fs::canonicalize(folder)) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    }
}
