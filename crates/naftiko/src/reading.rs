//! Reads files, folders, standard input and pipes, and records which paths were looked at.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use naftiko_spec::Files;
use naftiko_text::Printable;

use crate::world::{self, Entry, FileSystem, Stamp};

/// The files of this machine. Standard input and the pipes of the command line, which can be read only once, are files
/// under a name of their own. Records every path that was looked at, and its state at that time.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    streams: Vec<Stream>,
    seen: Mutex<BTreeMap<PathBuf, Option<Stamp>>>,
}

/// The content of a stream, which acts as a file.
#[derive(Debug)]
struct Stream {
    /// The path on the command line.
    named: PathBuf,
    name: PathBuf,
    identity: PathBuf,
    bytes: Vec<u8>,
}

/// Whether an argument denotes standard input.
pub(crate) fn is_standard_input(named: &Path) -> bool {
    named == Path::new("-")
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reads all streams among the arguments. `stdin` is the name of standard input.
    ///
    /// # Errors
    /// A message for the operator, if a stream cannot be read.
    pub(crate) fn of(named: &[PathBuf], stdin: &Path) -> Result<Self, String> {
        let mut reading = Self::new();
        for path in named {
            if is_standard_input(path) {
                reading.read_standard_input(path, stdin)?;
            } else {
                reading.read_pipe(path)?;
            }
        }
        Ok(reading)
    }

    /// Reads the argument if it is a pipe.
    ///
    /// # Errors
    /// As [`Reading::of`].
    pub(crate) fn of_file(path: &Path) -> Result<Self, String> {
        let mut reading = Self::new();
        reading.read_pipe(path)?;
        Ok(reading)
    }

    fn read_standard_input(&mut self, named: &Path, name: &Path) -> Result<(), String> {
        if self.stream(named).is_none() {
            let bytes =
                world::standard_input().map_err(|error| format!("standard input cannot be read: {error}"))?;
            self.add(named, name.to_path_buf(), bytes);
        }
        Ok(())
    }

    fn read_pipe(&mut self, path: &Path) -> Result<(), String> {
        if world::is_pipe(path) && self.stream(path).is_none() {
            let bytes = world::pipe(path).map_err(|error| unreadable(path, &error))?;
            self.add(path, name_of_pipe(path), bytes);
        }
        Ok(())
    }

    fn add(&mut self, named: &Path, name: PathBuf, bytes: Vec<u8>) {
        let identity = world::identity(&name);
        self.streams.push(Stream { named: named.to_path_buf(), name, identity, bytes });
    }

    /// The file name of a stream on the command line; `None` if the argument is a file.
    pub(crate) fn stream(&self, named: &Path) -> Option<&Path> {
        let stream = self.streams.iter().find(|stream| stream.named == named)?;
        Some(&stream.name)
    }

    /// The content of a stream, by its file name.
    fn text_of(&self, path: &Path) -> Option<&[u8]> {
        if self.streams.is_empty() {
            return None;
        }
        let identity = world::identity(path);
        let stands = |stream: &&Stream| path == stream.name || identity == stream.identity;
        self.streams.iter().find(stands).map(|stream| stream.bytes.as_slice())
    }

    /// The entries of a folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(crate) fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.look_at(folder);
        world::entries(folder)
    }

    /// The kind of file that a path leads to; `None` if there is none.
    pub(crate) fn kind(&self, path: &Path) -> Option<world::Kind> {
        self.look_at(path);
        world::kind(path)
    }

    /// Whether any recorded path has changed since it was first looked at.
    pub(crate) fn has_changed(&self) -> bool {
        self.seen().iter().any(|(path, then)| world::stamp(path) != *then)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Stamp>>> {
        // Every update is a single insertion, so the map is consistent even after a panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the present state of a path. Called before reading, so that no change in between is missed.
    fn look_at(&self, path: &Path) {
        self.seen().entry(path.to_path_buf()).or_insert_with(|| world::stamp(path));
    }
}

/// The file name of a pipe. A pipe made by a shell, such as `/dev/fd/63`, has no useful folder; other files are then
/// looked for in the working folder.
fn name_of_pipe(path: &Path) -> PathBuf {
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if path.starts_with("/dev") || path.starts_with("/proc") => {
            PathBuf::from(format!("<{name}>"))
        }
        _ => path.to_path_buf(),
    }
}

impl Files for Reading {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some(bytes) = self.text_of(path) {
            return Ok(bytes.to_vec());
        }
        self.look_at(path);
        FileSystem.read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        if self.text_of(path).is_some() {
            return true;
        }
        self.look_at(path);
        FileSystem.is_file(path)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        FileSystem.absolute(path)
    }

    fn resolved(&self, path: &Path) -> PathBuf {
        FileSystem.resolved(path)
    }
}

/// The message for a file or folder that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("`{}` cannot be read: {error}", Printable::path(path))
}
