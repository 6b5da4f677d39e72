//! Standard output and standard error. Only a [`Printable`] goes to either, but for documents that programs read.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use naftiko_text::Printable;

/// One of the two streams that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output: results.
    Out,
    /// Standard error: everything else.
    Err,
}

impl Stream {
    /// Whether it is a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    /// Whether the environment lets it have color: `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` are read here.
    pub(crate) fn may_have_color(self) -> bool {
        let choice = match self {
            Self::Out => AutoStream::choice(&io::stdout()),
            Self::Err => AutoStream::choice(&io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// Writes text at once.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn write(self, text: &Printable) -> io::Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes the text of a document as it is, for a program: a terminal gets it escaped, line by line.
    ///
    /// # Errors
    /// Those of writing.
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

/// From now on a panic, which is a bug, is told with nothing in it that acts on a terminal.
pub(crate) fn escape_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // There is no other way left to tell.
        let _unwritten = Stream::Err.write(&Printable::escaped_lines(&format!("{panic}\n")));
    }));
}
