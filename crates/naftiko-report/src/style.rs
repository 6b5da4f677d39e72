//! How text is to look.

use naftiko_diagnostics::Severity;
use naftiko_text::Printable;

/// How text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether a person looks at a terminal: then documents are quoted and lines are drawn.
    pub terminal: bool,
    /// Whether there is color.
    pub color: bool,
    /// Whether the terminal is known to make links of what names an address (OSC 8): others may print the address, or
    /// what is around it.
    pub links: bool,
    /// How many columns there are.
    pub width: usize,
}

/// What makes text look like nothing in particular again.
const RESET: &str = "\u{1b}[0m";

impl Style {
    /// Plain text for files, pipes and CI.
    pub const PLAIN: Self = Self { terminal: false, color: false, links: false, width: 100 };

    /// Bold.
    pub fn strong(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[1m", text.into())
    }

    /// Less than the rest.
    pub fn dim(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[2m", text.into())
    }

    /// What went well.
    pub fn good(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[32m", text.into())
    }

    /// What goes on.
    pub fn busy(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[33m", text.into())
    }

    /// What went wrong.
    pub fn bad(self, text: impl Into<Printable>) -> Printable {
        self.paint("\u{1b}[31;1m", text.into())
    }

    /// A severity in its color.
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
