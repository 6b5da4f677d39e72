//! Permission checks: only its owner and root may be able to change the state folder.
//!
//! A run continues from the content of this folder, with the credentials of the operator. So a folder or file that
//! another user could have written is rejected, and links in the folder are not followed. Access control lists are not
//! checked.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::StoreError;

/// Rejects a state folder that other users could change, or whose path they control. Missing folders are accepted: this
/// process creates them.
///
/// # Errors
/// [`StoreError::Exposed`], [`StoreError::Foreign`], or why the path cannot be inspected.
pub(super) fn check_folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    unix::walk(path)?;
    let _ = path;
    Ok(())
}

/// Rejects a link, and a file or folder in the state folder that other users could change.
///
/// # Errors
/// [`StoreError::Exposed`], [`StoreError::Foreign`], [`StoreError::Link`], or why the entry cannot be inspected.
pub(super) fn check_entry(path: &Path) -> Result<(), StoreError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(StoreError::Link { path: path.to_owned() }),
        #[cfg(unix)]
        Ok(found) => unix::check(path, &found),
        #[cfg(not(unix))]
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => Err(StoreError::file(path, "read", &error)),
    }
}

/// Whether the error means that the file, or a folder on its path, does not exist.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Opens a file of the state folder. Links are not followed, and a file that other users could change is rejected.
///
/// # Errors
/// As [`check_entry`]; `action` names the failed operation in [`StoreError::File`]. A missing file is
/// [`io::ErrorKind::NotFound`] in the inner result.
pub(super) fn open(
    path: &Path,
    options: &mut OpenOptions,
    action: &'static str,
) -> Result<io::Result<File>, StoreError> {
    check_entry(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Opening a pipe without a writer must not block this process.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    let opened = file.metadata().map_err(|error| StoreError::file(path, action, &error))?;
    if !opened.is_file() {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(StoreError::file(path, action, &error));
    }
    // The file may have been replaced since the check above.
    #[cfg(unix)]
    unix::check(path, &opened)?;
    Ok(Ok(file))
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Component, Path, PathBuf};

    use crate::store::StoreError;

    /// More links than this are treated as a cycle.
    const MOST_LINKS: usize = 40;
    /// The mode bits that let the group or everybody write.
    const OTHERS_WRITE: u32 = 0o022;
    /// The mode bit of a folder in which only the owner of an entry can move or remove it.
    const STICKY: u32 = 0o1000;

    /// Checks every folder on the path, and the last component; follows links whose owner is trusted.
    pub(super) fn walk(path: &Path) -> Result<(), StoreError> {
        let absolute = std::path::absolute(path).map_err(|error| StoreError::file(path, "found", &error))?;
        let mut ahead = parts(&absolute);
        let (mut at, mut links) = (PathBuf::from("/"), 0);
        let root = seen(&at)?.map(|root| root.uid());
        loop {
            let Some(found) = seen(&at)? else { return Ok(()) };
            if found.is_symlink() {
                trusted(&at, &found, root)?;
                links += 1;
                let target = at.read_link().map_err(|error| StoreError::file(&at, "read", &error))?;
                at.pop();
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                ahead.extend(parts(&target));
                if links > MOST_LINKS {
                    let error = io::Error::other("too many links lead to it");
                    return Err(StoreError::file(path, "found", &error));
                }
            } else if ahead.is_empty() {
                return check(&at, &found);
            } else {
                trusted(&at, &found, root)?;
                if found.mode() & STICKY == 0 {
                    closed(&at, &found)?;
                }
            }
            match ahead.pop() {
                Some(up) if up == ".." => {
                    at.pop();
                }
                Some(part) => at.push(part),
                // A link to the root.
                None => {}
            }
        }
    }

    /// Rejects an entry that belongs to another user, or that other users may write.
    pub(super) fn check(path: &Path, found: &Metadata) -> Result<(), StoreError> {
        trusted(path, found, None)?;
        closed(path, found)
    }

    /// Rejects an entry that belongs neither to this user nor to root. In a user namespace root can have another
    /// number, so the owner of the root of the file system is trusted as well.
    fn trusted(path: &Path, found: &Metadata, root: Option<u32>) -> Result<(), StoreError> {
        let (owner, user) = (found.uid(), rustix::process::geteuid().as_raw());
        if owner == user || owner == 0 || Some(owner) == root {
            return Ok(());
        }
        Err(StoreError::Foreign { path: path.to_owned(), owner, user })
    }

    fn closed(path: &Path, found: &Metadata) -> Result<(), StoreError> {
        if found.mode() & OTHERS_WRITE == 0 {
            return Ok(());
        }
        Err(StoreError::Exposed { path: path.to_owned() })
    }

    fn seen(path: &Path) -> Result<Option<Metadata>, StoreError> {
        match path.symlink_metadata() {
            Ok(found) => Ok(Some(found)),
            Err(error) if super::is_missing(&error) => Ok(None),
            Err(error) => Err(StoreError::file(path, "read", &error)),
        }
    }

    /// The components of a path, in reverse order.
    fn parts(path: &Path) -> Vec<OsString> {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
        });
        parts.rev().collect()
    }
}
