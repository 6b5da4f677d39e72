//! Reading files, folders, standard input and pipes, with a record of what was looked at.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use naftiko_spec::Files;

use crate::documents::unreadable;
use crate::world::{self, Entry, FileSystem, Stamp};

/// The files of this machine and, each under a name of its own, what can be read only once: standard input, and pipes that
/// a command line names. Remembers every path it was asked for and what was there then.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    streams: Vec<Stream>,
    seen: Mutex<BTreeMap<PathBuf, Option<Stamp>>>,
}

/// A text that stands for a file.
#[derive(Debug)]
struct Stream {
    /// What the command line says.
    named: PathBuf,
    name: PathBuf,
    identity: PathBuf,
    bytes: Vec<u8>,
}

/// Whether what a command line names is standard input.
pub(crate) fn is_standard_input(named: &Path) -> bool {
    named == Path::new("-")
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same, with all that can be read only once of what is named. `stdin` is what standard input is called.
    ///
    /// # Errors
    /// What cannot be read, as a person reads it.
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

    /// The same, with what a path leads to if that is a pipe.
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

    /// The name of the file that what is named stands for; `None` if it is a file itself.
    pub(crate) fn stream(&self, named: &Path) -> Option<&Path> {
        let stream = self.streams.iter().find(|stream| stream.named == named)?;
        Some(&stream.name)
    }

    /// The text that stands for a file.
    fn text_of(&self, path: &Path) -> Option<&[u8]> {
        if self.streams.is_empty() {
            return None;
        }
        let identity = world::identity(path);
        let stands = |stream: &&Stream| path == stream.name || identity == stream.identity;
        self.streams.iter().find(stands).map(|stream| stream.bytes.as_slice())
    }

    /// What is in a folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.look_at(folder);
        world::entries(folder)
    }

    /// What a path leads to; `None` if there is nothing.
    pub(crate) fn kind(&self, path: &Path) -> Option<world::Kind> {
        self.look_at(path);
        world::kind(path)
    }

    /// Whether anything that was looked at is not as it was.
    pub(crate) fn has_changed(&self) -> bool {
        self.seen().iter().any(|(path, then)| world::stamp(path) != *then)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Stamp>>> {
        // What is in it is whole, whoever panicked.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what is there now: before it is read, so that no change in between is missed.
    fn look_at(&self, path: &Path) {
        self.seen().entry(path.to_path_buf()).or_insert_with(|| world::stamp(path));
    }
}

/// What a pipe is called. One that a shell made, as `/dev/fd/63`, is nowhere: other files are looked for where the
/// command line was written.
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
