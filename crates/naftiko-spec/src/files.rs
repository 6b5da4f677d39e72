//! The one seam to files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Where documents are read: the file system, the buffers of an editor, the fixtures of a test.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Those of reading a file; [`io::ErrorKind::NotFound`] where there is none.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether there is a file, without reading it.
    fn is_file(&self, path: &Path) -> bool;

    /// The path from the root of the file system, without asking whether there is anything.
    fn absolute(&self, path: &Path) -> PathBuf;

    /// The one path of whatever a path leads to: without `.` and `..`, and without links where there are any.
    fn resolved(&self, path: &Path) -> PathBuf {
        without_dots(&self.absolute(path))
    }
}

/// A path without `.`, and without `..` and what that takes back.
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

/// Files that are only in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more file.
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
        // Below the root there is somewhere to lead out of.
        Path::new("/documents").join(path)
    }
}
