//! How text is to look.

use owo_colors::{OwoColorize, Style as Colour};

use naftiko_diagnostics::Severity;

/// How text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether a person looks at a terminal: then documents are quoted and lines are drawn.
    pub terminal: bool,
    /// Whether there is colour.
    pub color: bool,
    /// How many columns there are.
    pub width: usize,
}

impl Style {
    /// Plain text for files, pipes and CI.
    pub const PLAIN: Self = Self { terminal: false, color: false, width: 100 };

    /// Bold.
    pub fn strong(self, text: &str) -> String {
        self.paint(text, Colour::new().bold())
    }

    /// Less than the rest.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Colour::new().dimmed())
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.paint(text, Colour::new().green())
    }

    /// What goes on.
    pub fn busy(self, text: &str) -> String {
        self.paint(text, Colour::new().yellow())
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(text, Colour::new().red().bold())
    }

    /// A severity in its colour.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let colour = match severity {
            Severity::Error => Colour::new().red().bold(),
            Severity::Warning => Colour::new().yellow().bold(),
            Severity::Note => Colour::new().cyan(),
        };
        self.paint(text, colour)
    }

    fn paint(self, text: &str, colour: Colour) -> String {
        if self.color { text.style(colour).to_string() } else { text.to_owned() }
    }
}
