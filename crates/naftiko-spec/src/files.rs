//! The one seam to files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

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
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        Path::new("/").join(path)
    }
}
