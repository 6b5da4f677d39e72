//! What `check` reads: files, folders and standard input, and what of it was looked at.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use naftiko_spec::Files;

use crate::world::{self, Entry, FileSystem, Stamp};

/// The files of this machine and, under a name of its own, standard input. Remembers every path it was asked for and
/// what was there then.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    standard_input: Option<Buffer>,
    seen: RefCell<BTreeMap<PathBuf, Option<Stamp>>>,
}

/// A text that stands for a file.
#[derive(Debug)]
struct Buffer {
    name: PathBuf,
    identity: PathBuf,
    bytes: Vec<u8>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same, with all of standard input as the file of this name.
    ///
    /// # Errors
    /// Those of reading it.
    pub(crate) fn with_standard_input(name: &Path) -> io::Result<Self> {
        let bytes = world::standard_input()?;
        let buffer = Buffer { name: name.to_path_buf(), identity: world::identity(name), bytes };
        Ok(Self { standard_input: Some(buffer), ..Self::new() })
    }

    /// The name of standard input, if it is read.
    pub(crate) fn standard_input(&self) -> Option<&Path> {
        self.standard_input.as_ref().map(|buffer| buffer.name.as_path())
    }

    /// What is in a folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.look_at(folder);
        world::entries(folder)
    }

    /// What a path leads to; nothing if there is nothing.
    pub(crate) fn kind(&self, path: &Path) -> Option<world::Kind> {
        self.look_at(path);
        world::kind(path)
    }

    /// Whether anything that was looked at is not as it was.
    pub(crate) fn has_changed(&self) -> bool {
        self.seen.borrow().iter().any(|(path, then)| world::stamp(path) != *then)
    }

    /// Remembers what is there now: before it is read, so that no change in between is missed.
    fn look_at(&self, path: &Path) {
        self.seen.borrow_mut().entry(path.to_path_buf()).or_insert_with(|| world::stamp(path));
    }
}

impl Files for Reading {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some(buffer) = &self.standard_input
            && (path == buffer.name || world::identity(path) == buffer.identity)
        {
            return Ok(buffer.bytes.clone());
        }
        self.look_at(path);
        FileSystem.read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        let is_buffer = |buffer: &Buffer| path == buffer.name || world::identity(path) == buffer.identity;
        if self.standard_input.as_ref().is_some_and(is_buffer) {
            return true;
        }
        self.look_at(path);
        FileSystem.is_file(path)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        FileSystem.absolute(path)
    }
}
