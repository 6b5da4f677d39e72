//! Standard output and standard error.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use naftiko_report::{Style, visible};

use crate::args::Color;
use crate::world;

/// Where a command writes: results to standard output, everything else to standard error.
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
        let (out, err) = (io::stdout(), io::stderr());
        let choose = |auto: ColorChoice| match color {
            Color::Always => true,
            Color::Never => false,
            // `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` are read here.
            Color::Auto => auto != ColorChoice::Never,
        };
        Self {
            out: style(out.is_terminal(), choose(AutoStream::choice(&out))),
            err: style(err.is_terminal(), choose(AutoStream::choice(&err))),
            unread: false,
        }
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.terminal && io::stdin().is_terminal()
    }

    /// Writes a result. Where its reader has gone, nothing is lost that anybody wants.
    ///
    /// # Errors
    /// Those of writing: then a result is lost.
    pub(crate) fn result(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
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
    pub(crate) fn message(&mut self, text: &str) {
        let mut err = io::stderr().lock();
        let _unwritten = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Writes why the command stops. It may name what a document or an argument holds: that is shown, never obeyed.
    pub(crate) fn problem(&mut self, message: &str) {
        let lines: Vec<_> = message.lines().map(visible).collect();
        self.message(&format!("{} {}\n", self.err.bad("error:"), lines.join("\n")));
    }
}

fn style(terminal: bool, color: bool) -> Style {
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let links = terminal && color && !world::in_ci() && supports_hyperlinks::supports_hyperlinks();
    Style { terminal, color, links, width: if terminal { width.clamp(40, 120) } else { Style::PLAIN.width } }
}
