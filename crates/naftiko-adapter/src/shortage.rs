//! Local shortages: errors that report a lack of resources on this machine, independent of the server.
//!
//! A shortage can pass without a change to any document, so it never decides the outcome of a step.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};

/// A resource that this machine lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// File descriptors of this process or of the machine.
    Files,
    /// Memory or network buffers.
    Memory,
    /// Disk space or a disk quota.
    Disk,
    /// A local address or port for another connection.
    Ports,
    /// Processes or threads.
    Processes,
}

impl Shortage {
    /// The name of the resource, to complete the sentence "this machine lacks …".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Files => "file descriptors",
            Self::Memory => "memory",
            Self::Disk => "disk space",
            Self::Ports => "local ports",
            Self::Processes => "processes or threads",
        }
    }
}

/// The shortage that an error of the operating system reports; `None` if it reports none.
pub fn shortage(error: &io::Error) -> Option<Shortage> {
    let by_kind = match error.kind() {
        io::ErrorKind::OutOfMemory => Some(Shortage::Memory),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Shortage::Disk),
        io::ErrorKind::AddrNotAvailable => Some(Shortage::Ports),
        _ => None,
    };
    by_kind.or_else(|| by_number(error.raw_os_error()?))
}

/// Like [`shortage`], for an error from starting a program or a thread, where "try again" means that no more may be
/// started.
pub fn shortage_of_start(error: &io::Error) -> Option<Shortage> {
    let is_refused = error.kind() == io::ErrorKind::WouldBlock;
    if is_refused { Some(Shortage::Processes) } else { shortage(error) }
}

/// The shortage that an error or one of its sources reports.
pub fn shortage_in(error: &(dyn Error + 'static)) -> Option<Shortage> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| {
        let error = error.downcast_ref::<io::Error>()?;
        // An error inside an `io::Error` is not always its source.
        shortage(error).or_else(|| shortage_in(error.get_ref()?))
    })
}

/// The shortage that prevents opening another socket; `None` if a socket can be opened. Callers use it after a failed
/// name resolution: the resolver of the system does not report the reason.
pub fn shortage_of_sockets() -> Option<Shortage> {
    shortage_error_of_sockets().and_then(|error| shortage(&error))
}

/// Like [`shortage_of_sockets`], but returns the error of the operating system.
pub fn shortage_error_of_sockets() -> Option<io::Error> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).err().filter(|error| shortage(error).is_some())
}

/// Errors without an `ErrorKind` in the standard library.
#[cfg(unix)]
fn by_number(number: i32) -> Option<Shortage> {
    match number {
        libc::EMFILE | libc::ENFILE => Some(Shortage::Files),
        libc::ENOMEM | libc::ENOBUFS => Some(Shortage::Memory),
        libc::ENOSPC | libc::EDQUOT => Some(Shortage::Disk),
        _ => None,
    }
}

/// Errors without an `ErrorKind` in the standard library: those of Windows and of its sockets.
#[cfg(windows)]
fn by_number(number: i32) -> Option<Shortage> {
    match number {
        4 | 10_024 => Some(Shortage::Files),
        8 | 14 | 1_450 | 1_455 | 10_055 => Some(Shortage::Memory),
        39 | 112 => Some(Shortage::Disk),
        _ => None,
    }
}

#[cfg(not(any(unix, windows)))]
fn by_number(_: i32) -> Option<Shortage> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_machine_lacks_is_a_shortage() {
        let of = |number| shortage(&io::Error::from_raw_os_error(number));
        assert_eq!(of(libc::EMFILE), Some(Shortage::Files));
        assert_eq!(of(libc::ENFILE), Some(Shortage::Files));
        assert_eq!(of(libc::ENOMEM), Some(Shortage::Memory));
        assert_eq!(of(libc::ENOBUFS), Some(Shortage::Memory));
        assert_eq!(of(libc::ENOSPC), Some(Shortage::Disk));
        assert_eq!(of(libc::EDQUOT), Some(Shortage::Disk));
        assert_eq!(of(libc::EADDRNOTAVAIL), Some(Shortage::Ports));
        for number in
            [libc::ECONNREFUSED, libc::ECONNRESET, libc::EPIPE, libc::ENOENT, libc::EACCES, libc::EAGAIN]
        {
            assert_eq!(of(number), None, "{number}");
        }
    }

    #[test]
    fn a_shortage_is_found_within_other_errors() {
        let inner = io::Error::from_raw_os_error(libc::EMFILE);
        let outer = io::Error::other(io::Error::other(inner));
        assert_eq!(shortage_in(&outer), Some(Shortage::Files));
        assert_eq!(shortage_in(&io::Error::other("too many open files")), None);
        assert_eq!(shortage_of_sockets(), None);
    }

    #[test]
    fn a_program_that_may_not_be_started_now_is_a_shortage() {
        let of = |number| shortage_of_start(&io::Error::from_raw_os_error(number));
        assert_eq!(of(libc::EAGAIN), Some(Shortage::Processes));
        assert_eq!(of(libc::EMFILE), Some(Shortage::Files));
        assert_eq!(of(libc::ENOENT), None);
    }
}
