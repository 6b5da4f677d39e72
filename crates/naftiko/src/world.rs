//! Access to the operating system: files, the environment, the clock, randomness.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

mod command;
mod halt;
mod proxies;
mod signals;
mod streams;
mod write;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
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
    /// Reads a regular file, up to the maximum length of a document and one byte. Documents name files, so pipes and
    /// devices, which may block or never end, are rejected.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        regular_file(path, document_limit())
    }

    fn is_file(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
    }

    fn resolved(&self, path: &Path) -> PathBuf {
        // An empty path means the working folder. Used literally, it would be a prefix of every path.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if let Ok(resolved) = std::fs::canonicalize(self.absolute(path)) {
            return resolved;
        }
        // For a path that does not exist, its longest existing part is resolved.
        let plain = without_dots(&self.absolute(path));
        let there = plain.ancestors().find_map(|folder| {
            let rest = plain.strip_prefix(folder).ok()?;
            Some(std::fs::canonicalize(folder).ok()?.join(rest))
        });
        there.unwrap_or(plain)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        // Without a working folder, a relative path cannot be completed.
        std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
    }
}

/// Reads a regular file, up to `limit` bytes and one more, so that the caller can detect that there is more.
fn regular_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    bounded(File::open(path)?, limit)
}

/// The maximum length of a document in bytes.
fn document_limit() -> u64 {
    u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX)
}

/// Reads up to `limit` bytes and one more, so that the caller can detect that there is more.
fn bounded(source: impl io::Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The kind of file that a path leads to, with links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file. [`kind`] returns this for anything but a folder, [`entries`] only for regular files.
    File,
    /// A folder.
    Folder,
}

/// The kind of file that a path leads to; `None` if there is none.
pub(crate) fn kind(path: &Path) -> Option<Kind> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(if metadata.is_dir() { Kind::Folder } else { Kind::File })
}

/// An entry of a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The folder's path joined with the entry's name.
    pub(crate) path: PathBuf,
    /// The kind of a regular file or a folder, with links followed; `None` for anything else.
    pub(crate) kind: Option<Kind>,
    /// Whether the entry is a symbolic link.
    pub(crate) link: bool,
}

/// The entries of a folder, sorted by name. An empty path is the working folder.
///
/// # Errors
/// If the folder cannot be read.
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

/// The canonical path, without symbolic links; the absolute path if there is no such file.
pub(crate) fn identity(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::fs::canonicalize(path).unwrap_or_else(|_| FileSystem.absolute(path))
}

/// The canonical path as text, without symbolic links. If there is no such file, the part of the path that exists is
/// resolved.
pub(crate) fn canonical_path(path: &Path) -> String {
    FileSystem.resolved(path).display().to_string()
}

/// The state of a file or folder, for detecting changes: modification time and length.
pub(crate) type Stamp = (SystemTime, u64);

/// The stamp of the file that a path leads to; `None` if there is none.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Reads standard input, up to the maximum length of a document and one byte.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn standard_input() -> io::Result<Vec<u8>> {
    bounded(io::stdin().lock(), document_limit())
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

/// Reads a pipe that the operator names, up to the maximum length of a document and one byte. Documents cannot name
/// pipes.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn pipe(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?, document_limit())
}

/// Blocks the current thread for a while.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The maximum length of a secret in bytes. Longer secrets could not be masked in all forms, and no server accepts them
/// in a header.
pub(crate) const SECRET_LIMIT: u64 = 64 * 1024;

/// Whether a text is longer than a secret may be.
pub(crate) fn is_too_long_for_a_secret(text: &str) -> bool {
    u64::try_from(text.len()).is_ok_and(|length| length > SECRET_LIMIT)
}

/// The secret in an environment variable; `None` if it is unset or blank.
pub(crate) fn secret_variable(name: &str) -> Option<SecretString> {
    variable(name).map(SecretString::from)
}

/// The secret in a regular file, without surrounding white space; `None` if the file is blank or not UTF-8.
///
/// # Errors
/// If the file cannot be read. [`io::ErrorKind::FileTooLarge`] if it is longer than [`SECRET_LIMIT`]; no more than that
/// and one byte is read.
pub(crate) fn secret_file(path: &Path) -> io::Result<Option<SecretString>> {
    let bytes = regular_file(path, SECRET_LIMIT)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > SECRET_LIMIT) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let Ok(read) = String::from_utf8(bytes).map(SecretString::from) else { return Ok(None) };
    let secret = read.expose_secret().trim();
    Ok((!secret.is_empty()).then(|| SecretString::from(secret)))
}

/// Whether this is continuous integration (`CI` is set), where no person watches the output.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// The value of an environment variable; `None` if it is unset or blank.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The words of the command line, the name of the program first.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Whether standard input is a terminal, so that a person can answer.
pub(crate) fn input_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Reads a line from standard input, with its line end, and blocks until there is one; `None` at the end of the input.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = io::stdin().read_line(&mut line)?;
    Ok((length > 0).then_some(line))
}

/// Reads a line from the terminal without echo.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn read_secret() -> io::Result<String> {
    rpassword::read_password()
}

/// Discards input that was typed at the terminal and not read yet, if the system supports this.
pub(crate) fn forget_typed() {
    #[cfg(unix)]
    {
        // Fails if standard input is not a terminal; then there is nothing to discard.
        let _not_a_terminal = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    }
}

/// The folder for state of the user's programs (XDG Base Directory Specification); `None` if the user has none.
pub(crate) fn state_home() -> Option<PathBuf> {
    let path = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")))
}

/// The maximum number of open files of this process; `None` if there is no limit or it is unknown.
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

/// The current time.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A new unique run id; later ids are greater.
pub(crate) fn run_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The time limit for flushing standard output at exit; its reader may have stopped reading.
const EXIT: Duration = Duration::from_secs(2);

/// Exits the process at once, whatever it is doing.
#[expect(clippy::exit, reason = "an operator who interrupts twice does not want to wait")]
pub(crate) fn leave(exit: crate::exit::Exit) -> ! {
    // If the thread cannot be created, the exit has no time limit.
    let _unlimited = std::thread::Builder::new().spawn(|| {
        std::thread::sleep(EXIT);
        std::process::abort();
    });
    std::process::exit(exit as i32)
}
