//! Standard output and standard error. Only [`Printable`] text is written, except for documents that programs read.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use naftiko_text::Printable;

/// An output stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output: results.
    Out,
    /// Standard error: everything else.
    Err,
}

impl Stream {
    /// Whether the stream is a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    /// Whether the environment allows color on the stream: evaluates `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`.
    pub(crate) fn may_have_color(self) -> bool {
        let choice = match self {
            Self::Out => AutoStream::choice(&io::stdout()),
            Self::Err => AutoStream::choice(&io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// Writes text and flushes it.
    ///
    /// # Errors
    /// If the stream cannot be written.
    pub(crate) fn write(self, text: &Printable) -> io::Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes a document: unchanged to a program, escaped to a terminal.
    ///
    /// # Errors
    /// If the stream cannot be written.
    pub(crate) fn write_document(self, text: &str) -> io::Result<()> {
        if self.is_terminal() {
            self.write(&Printable::escaped_lines(text))
        } else {
            self.write_bytes(text.as_bytes())
        }
    }

    fn write_bytes(self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Out => {
                let mut out = io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()
            }
            Self::Err => {
                let mut err = io::stderr().lock();
                err.write_all(bytes)?;
                err.flush()
            }
        }
    }
}

/// Installs a panic hook that escapes the message, so that it cannot act on a terminal.
pub(crate) fn escape_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // A failed write cannot be reported anywhere.
        let _unwritten = Stream::Err.write(&Printable::escaped_lines(&format!("{panic}\n")));
    }));
}
