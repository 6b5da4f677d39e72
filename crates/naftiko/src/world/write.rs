//! Writes files atomically.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

use std::io::{self, Write as _};
use std::path::{Component, Path};

/// The byte order mark that some editors write; it is preserved.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Replaces the text of a file atomically: a concurrent reader sees either the old or the new text. Permissions are
/// preserved; of a link, the target is written.
///
/// # Errors
/// If the file system fails, the file is write-protected, its text is no longer `before`, or the path is a link out of
/// its folder, since such a document may belong to others.
pub(crate) fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    if leaves_its_folder(path) {
        let problem = format!("it is a link to `{}`, outside its folder", target.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    let bytes = std::fs::read(&target)?;
    let (mark, text) = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => (&[][..], &bytes[..]),
    };
    if text != before.as_bytes() {
        return Err(io::Error::other("it was changed by another process in the meantime"));
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

/// Whether a path leads out of its base folder through links. The base is the working folder; for an absolute path, or
/// one with `..`, it is the folder of the file.
fn leaves_its_folder(path: &Path) -> bool {
    let is_plain = path.is_relative() && !path.components().any(|part| part == Component::ParentDir);
    let beside = if is_plain { Path::new("document") } else { path };
    !is_below(path, beside)
}

/// Writes a file atomically, whether it exists or not: a concurrent reader sees either the old or the new text.
///
/// # Errors
/// If the file system fails.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".naftiko-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    // A temporary file is readable by its owner only; this file must be readable by others.
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

/// Whether a file is in the folder of another file or below it, with links followed.
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
