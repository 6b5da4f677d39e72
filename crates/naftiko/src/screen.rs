//! What a command writes: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _};

use naftiko_report::Style;
use naftiko_text::{Printable, printable};

use crate::args::Color;
use crate::world::{self, Stream};

/// Where a command writes.
#[derive(Debug)]
pub(crate) struct Screen {
    /// How results are to look.
    pub(crate) out: Style,
    /// How everything else is to look.
    pub(crate) err: Style,
    /// Whether the reader of standard output has gone.
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

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.terminal && io::stdin().is_terminal()
    }

    /// Writes a result. Where its reader has gone, nothing is lost that anybody wants.
    ///
    /// # Errors
    /// Those of writing: then a result is lost.
    pub(crate) fn result(&mut self, text: &Printable) -> io::Result<()> {
        self.note_reader(Stream::Out.write(text))
    }

    /// Writes a result that is the text of a document, or a change of one: a program gets it as it is.
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

    /// Whether it has turned out that nobody reads results any more.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread
    }

    /// Writes something about the result. One that cannot be written stops nothing.
    #[expect(clippy::unused_self, reason = "the screen is the one way to write")]
    pub(crate) fn message(&mut self, text: &Printable) {
        let _unwritten = Stream::Err.write(text);
    }

    /// Writes why the command stops.
    pub(crate) fn problem(&mut self, message: &Printable) {
        self.message(&printable!("{} {}\n", self.err.bad("error:"), message));
    }
}

fn style(terminal: bool, color: bool) -> Style {
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let links = terminal && color && !world::in_ci() && supports_hyperlinks::supports_hyperlinks();
    Style { terminal, color, links, width: if terminal { width.clamp(40, 120) } else { Style::PLAIN.width } }
}
