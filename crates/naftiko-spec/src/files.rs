//! The only interface to files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The source of documents: the file system, the buffers of an editor, or the fixtures of a test.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Any I/O error; [`io::ErrorKind::NotFound`] if there is no such file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether there is a file at this path, without reading it.
    fn is_file(&self, path: &Path) -> bool;

    /// The absolute form of a path, which need not exist.
    fn absolute(&self, path: &Path) -> PathBuf;

    /// The canonical form of a path: without `.` and `..`, and without links where there are any.
    fn resolved(&self, path: &Path) -> PathBuf {
        without_dots(&self.absolute(path))
    }
}

/// Removes `.` and `..` from a path.
pub fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Files in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// Creates an empty set of files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }

    fn find(&self, path: &Path) -> Option<&Vec<u8>> {
        self.files.get(path).or_else(|| self.files.get(&without_dots(path)))
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.find(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.find(path).is_some()
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        // Below the root, so that `..` can lead out of it.
        Path::new("/documents").join(path)
    }
}
