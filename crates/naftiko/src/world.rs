//! The world outside: files, the environment, the clock, randomness.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

mod command;
mod halt;
mod proxies;
mod signals;
mod streams;
mod write;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use naftiko_spec::{Files, without_dots};
use naftiko_syntax::Limits;
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use command::run_program;
pub(crate) use halt::halt_after;
pub(crate) use proxies::proxies;
pub(crate) use signals::on_stop_signal;
pub(crate) use streams::{Stream, escape_panics};
pub(crate) use write::{is_below, replace, write};

/// The files of this machine.
#[derive(Debug)]
pub(crate) struct FileSystem;

impl Files for FileSystem {
    /// Documents name files: what waits for a writer or never ends is not read, and no more than a document may have.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        bounded(File::open(path)?)
    }

    fn is_file(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
    }

    fn resolved(&self, path: &Path) -> PathBuf {
        // An empty path is the working folder; taken as it is, every path would begin with it.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if let Ok(resolved) = std::fs::canonicalize(self.absolute(path)) {
            return resolved;
        }
        // Of what is not there, the part that is.
        let plain = without_dots(&self.absolute(path));
        let there = plain.ancestors().find_map(|folder| {
            let rest = plain.strip_prefix(folder).ok()?;
            Some(std::fs::canonicalize(folder).ok()?.join(rest))
        });
        there.unwrap_or(plain)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        // Without a working folder there is nothing above the path either.
        std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
    }
}

/// As much as a document may have, and one byte beyond it, so that whoever reads it sees that there is more.
fn bounded(source: impl io::Read) -> io::Result<Vec<u8>> {
    let most = u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a path leads to, through links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that can be read.
    File,
    /// A folder.
    Folder,
}

/// What a path leads to; `None` if there is nothing.
pub(crate) fn kind(path: &Path) -> Option<Kind> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(if metadata.is_dir() { Kind::Folder } else { Kind::File })
}

/// An entry of a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The folder's path with the entry's name.
    pub(crate) path: PathBuf,
    /// What it is: a regular file, a folder, or something else.
    pub(crate) kind: Option<Kind>,
    /// Whether it is a link to that.
    pub(crate) link: bool,
}

/// What is in a folder, sorted by name. An empty path is the working folder.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let read = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(read)? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        let kind = std::fs::metadata(&path).ok().and_then(|it| match (it.is_file(), it.is_dir()) {
            (true, _) => Some(Kind::File),
            (_, true) => Some(Kind::Folder),
            _ => None,
        });
        entries.push(Entry { path, kind, link: entry.file_type().is_ok_and(|it| it.is_symlink()) });
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

/// The one path of whatever a path leads to, without links.
pub(crate) fn identity(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::fs::canonicalize(path).unwrap_or_else(|_| FileSystem.absolute(path))
}

/// What tells that a file or folder has changed.
pub(crate) type Stamp = (SystemTime, u64);

/// The stamp of what a path leads to; `None` if there is nothing.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// What there is on standard input, as much as a document may have.
///
/// # Errors
/// Those of reading it.
pub(crate) fn standard_input() -> io::Result<Vec<u8>> {
    bounded(io::stdin().lock())
}

/// Whether a path leads to a pipe, which can be read only once.
pub(crate) fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// What comes out of a pipe that an operator names, as much as a document may have. No document can name one.
///
/// # Errors
/// Those of reading it.
pub(crate) fn pipe(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?)
}

/// Does nothing for a while.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The secret in an environment variable; `None` if it is not set or blank.
pub(crate) fn secret_variable(name: &str) -> Option<SecretString> {
    variable(name).map(SecretString::from)
}

/// The secret in a file, without the white space around it; `None` if there is none.
///
/// # Errors
/// Those of reading it.
pub(crate) fn secret_file(path: &Path) -> io::Result<Option<SecretString>> {
    let Ok(read) = String::from_utf8(FileSystem.read(path)?).map(SecretString::from) else { return Ok(None) };
    let secret = read.expose_secret().trim();
    Ok((!secret.is_empty()).then(|| SecretString::from(secret)))
}

/// Whether this is continuous integration, where nobody looks at what is written: `CI` is set.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// What a variable of the environment says; `None` if it says nothing.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// A line that somebody types at the terminal without its being seen.
///
/// # Errors
/// Those of reading it.
pub(crate) fn read_secret() -> io::Result<String> {
    rpassword::read_password()
}

/// Forgets what was typed at the terminal and is not read yet, where the system can.
pub(crate) fn forget_typed() {
    #[cfg(unix)]
    {
        // Where standard input is no terminal, nothing was typed.
        let _not_a_terminal = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    }
}

/// The folder for what programs of this user keep (XDG Base Directory Specification); `None` if the user has none.
pub(crate) fn state_home() -> Option<PathBuf> {
    let path = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")))
}

/// How many files this process may have open at once; `None` where nothing says so.
pub(crate) fn open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// The time.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// An id that no other run has, rising with time.
pub(crate) fn run_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// How long an exit may take that writes what is left for standard output: its reader may have stopped reading.
const EXIT: Duration = Duration::from_secs(2);

/// Ends the process at once, whatever is under way.
#[expect(clippy::exit, reason = "an operator who interrupts twice does not want to wait")]
pub(crate) fn leave(exit: crate::exit::Exit) -> ! {
    // Without a thread for it, the exit takes as long as it takes.
    let _unlimited = std::thread::Builder::new().spawn(|| {
        std::thread::sleep(EXIT);
        std::process::abort();
    });
    std::process::exit(exit as i32)
}
