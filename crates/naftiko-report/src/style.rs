//! How text is to look.

use owo_colors::{OwoColorize, Style as Paint};

use naftiko_diagnostics::Severity;

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

impl Style {
    /// Plain text for files, pipes and CI.
    pub const PLAIN: Self = Self { terminal: false, color: false, links: false, width: 100 };

    /// Bold.
    pub fn strong(self, text: &str) -> String {
        self.paint(text, Paint::new().bold())
    }

    /// Less than the rest.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Paint::new().dimmed())
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, Paint::new().green())
    }

    /// What goes on.
    pub fn busy(self, text: &str) -> String {
        self.paint(text, Paint::new().yellow())
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(text, Paint::new().red().bold())
    }

    /// A severity in its color.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Error => Paint::new().red().bold(),
            Severity::Warning => Paint::new().yellow().bold(),
            Severity::Note => Paint::new().cyan(),
        };
        self.paint(text, color)
    }

    fn paint(self, text: &str, color: Paint) -> String {
        if self.color { text.style(color).to_string() } else { text.to_owned() }
    }
}
