//! The output of a command: results go to standard output, everything else to standard error.

use std::io;

use naftiko_report::Style;
use naftiko_text::{Printable, printable};

use crate::args::Color;
use crate::world::{self, Stream};

/// The two output streams of a command, with their styles.
#[derive(Debug)]
pub(crate) struct Screen {
    /// The style of results.
    pub(crate) out: Style,
    /// The style of everything else.
    pub(crate) err: Style,
    /// Whether the reader of standard output has closed it.
    unread: bool,
}

impl Screen {
    pub(crate) fn new(color: Color) -> Self {
        let style = |stream: Stream| {
            let color = match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => stream.may_have_color(),
            };
            style(stream.is_terminal(), color)
        };
        Self { out: style(Stream::Out), err: style(Stream::Err), unread: false }
    }

    /// Whether a person can be asked: standard error and standard input are terminals.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.terminal && world::input_is_terminal()
    }

    /// Writes a result. A closed pipe is not an error, since its reader needs no more results.
    ///
    /// # Errors
    /// If the result cannot be written for any other reason.
    pub(crate) fn result(&mut self, text: &Printable) -> io::Result<()> {
        self.note_reader(Stream::Out.write(text))
    }

    /// Writes a document as a result. A program receives the unchanged bytes.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub(crate) fn document(&mut self, text: &str) -> io::Result<()> {
        self.note_reader(Stream::Out.write_document(text))
    }

    fn note_reader(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.unread = true;
                Ok(())
            }
            written => written,
        }
    }

    /// Whether the reader of standard output is known to have closed it.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread
    }

    /// Writes a message to standard error. A failed write is ignored.
    #[expect(clippy::unused_self, reason = "the screen is the one way to write")]
    pub(crate) fn message(&mut self, text: &Printable) {
        let _unwritten = Stream::Err.write(text);
    }

    /// Writes the error that ends the command.
    pub(crate) fn problem(&mut self, message: &Printable) {
        self.message(&printable!("{} {}\n", self.err.bad("error:"), message));
    }
}

fn style(terminal: bool, color: bool) -> Style {
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let links = terminal && color && !world::in_ci() && supports_hyperlinks::supports_hyperlinks();
    Style { terminal, color, links, width: if terminal { width.clamp(40, 120) } else { Style::PLAIN.width } }
}
