//! Standard output and standard error, and what they are.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use naftiko_report::Style;

use crate::args::Color;

/// Where a command writes: results to standard output, everything else to standard error.
#[derive(Debug)]
pub(crate) struct Screen {
    /// How results are to look.
    pub(crate) out: Style,
    /// How everything else is to look.
    pub(crate) err: Style,
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
        }
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.terminal && io::stdin().is_terminal()
    }

    /// Writes a result.
    ///
    /// # Errors
    /// Those of writing.
    #[expect(clippy::unused_self, reason = "the screen is the one way to write")]
    pub(crate) fn result(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes something about the result.
    ///
    /// # Errors
    /// Those of writing.
    #[expect(clippy::unused_self, reason = "the screen is the one way to write")]
    pub(crate) fn message(&mut self, text: &str) -> io::Result<()> {
        let mut err = io::stderr().lock();
        err.write_all(text.as_bytes())?;
        err.flush()
    }

    /// Writes why the command stops. When even that cannot be written, the exit code has to do.
    pub(crate) fn problem(&mut self, message: &str) {
        let _unwritten = self.message(&format!("{} {message}\n", self.err.bad("error:")));
    }
}

fn style(terminal: bool, color: bool) -> Style {
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    Style { terminal, color, width: if terminal { width.clamp(40, 120) } else { Style::PLAIN.width } }
}
