//! The style of rendered text: colors, links and width.

use naftiko_diagnostics::Severity;
use naftiko_text::Printable;

/// The style of rendered text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether the output is a terminal; then source lines are quoted and drawings are used.
    pub terminal: bool,
    /// Whether colors are used.
    pub color: bool,
    /// Whether the terminal is known to support hyperlinks (OSC 8). A terminal that does not may print the escape
    /// sequence.
    pub links: bool,
    /// The width of the screen in columns.
    pub width: usize,
}

/// The escape sequence that resets all attributes.
const RESET: &str = "\u{1b}[0m";

impl Style {
    /// Plain text for files, pipes and CI.
    pub const PLAIN: Self = Self { terminal: false, color: false, links: false, width: 100 };

    /// Bold.
    pub fn strong(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[1m", text.into())
    }

    /// Less prominent than the rest.
    pub fn dim(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[2m", text.into())
    }

    /// The color for success.
    pub fn good(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[32m", text.into())
    }

    /// The color for work in progress and waiting.
    pub fn busy(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[33m", text.into())
    }

    /// The color for failure.
    pub fn bad(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[31;1m", text.into())
    }

    /// The color of a severity.
    pub fn severity(self, severity: Severity, text: impl Into<Printable>) -> Printable {
        let color = match severity {
            Severity::Error => "\u{1b}[31;1m",
            Severity::Warning => "\u{1b}[33;1m",
            Severity::Note => "\u{1b}[36m",
        };
        self.paint(color, text.into())
    }

    fn paint(self, color: &'static str, text: Printable) -> Printable {
        if self.color { Printable::from(color) + &text + &RESET.into() } else { text }
    }
}
