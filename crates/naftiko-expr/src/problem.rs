//! Problems of expressions, and their diagnostic codes.

use std::ops::Range;

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Span};

/// A mistake in an expression or template. Ranges are bytes of the parsed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The diagnostic code.
    pub code: &'static Code,
    /// The bytes of the mistake.
    pub range: Range<usize>,
    /// The message.
    pub message: String,
    /// The label shown at the range; may be empty.
    pub label: String,
    /// Advice on how to fix it.
    pub help: Option<String>,
    /// A fix: the range to replace and the new text. Boxed, so that a result with a problem stays small.
    pub replacement: Option<Box<(Range<usize>, String)>>,
}

impl Problem {
    pub(crate) fn new(code: &'static Code, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, range, message: message.into(), label: String::new(), help: None, replacement: None }
    }

    #[must_use]
    pub(crate) fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn with_replacement(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.replacement = Some(Box::new((range, text.into())));
        self
    }

    /// Whether the text contains the template syntax of another tool.
    pub fn is_foreign_template(&self) -> bool {
        self.code == &FOREIGN_TEMPLATE
    }

    /// The problem relative to a text that contains the parsed text at byte `offset`.
    #[must_use]
    pub fn shifted(mut self, offset: usize) -> Self {
        let shift = |range: Range<usize>| range.start + offset..range.end + offset;
        self.range = shift(self.range);
        self.replacement =
            self.replacement.map(|replacement| Box::new((shift(replacement.0), replacement.1)));
        self
    }

    /// Converts the problem into a diagnostic; `locate` maps a range of the text to a span of the document.
    pub fn into_diagnostic(self, locate: &dyn Fn(Range<usize>) -> Span) -> Diagnostic {
        let mut diagnostic =
            Diagnostic::new(self.code, locate(self.range), self.message).with_label(self.label);
        diagnostic.help = self.help;
        diagnostic.fix = self.replacement.map(|replacement| {
            let (range, text) = *replacement;
            let title =
                if text.is_empty() { "remove it".to_owned() } else { format!("replace it by `{text}`") };
            Fix::reword(title, locate(range), text, applicability(self.code))
        });
        diagnostic
    }
}

/// The fix of a syntax error is safe, since the intention is clear; a similar name is only a guess.
fn applicability(code: &'static Code) -> Applicability {
    if [&EXPRESSION_SYNTAX, &FOREIGN_TEMPLATE, &TEMPLATE_IN_EXPRESSION].contains(&code) {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $summary:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: Code = Code { id: $id, severity: Severity::Error, summary: $summary };)*

        /// Every code that this crate reports.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// The text is not a valid expression.
    EXPRESSION_SYNTAX = "expression-syntax", "a text is not an expression of the language";
    /// The template syntax of another tool.
    FOREIGN_TEMPLATE = "foreign-template", "a template has the syntax of another tool";
    /// `${…}` around or inside an expression.
    TEMPLATE_IN_EXPRESSION = "template-in-expression", "`${…}` is used where an expression is expected";
    /// A function does not exist.
    UNKNOWN_FUNCTION = "unknown-function", "a function does not exist";
    /// A call has too many or too few arguments.
    WRONG_ARGUMENT_COUNT = "wrong-argument-count", "a function is given too many or too few arguments";
    /// A field does not exist in its schema.
    UNKNOWN_FIELD = "unknown-field", "a field does not exist in the schema of the value it is read from";
    /// A step does not exist.
    UNKNOWN_STEP = "unknown-step", "a step does not exist";
    /// An input does not exist.
    UNKNOWN_INPUT = "unknown-input", "an input does not exist";
    /// A root that is not available in this place.
    UNAVAILABLE_ROOT = "unavailable-root", "`item`, `index`, `response` or `run` is not available here";
    /// An index into, or a filter of, a value that is not a list.
    NOT_A_LIST = "not-a-list", "a value that is not a list is read as a list";
    /// A field of a value that is not an object.
    NOT_AN_OBJECT = "not-an-object", "a field is read from a value that is not an object";
    /// A value of one type where another type is required.
    TYPE_MISMATCH = "type-mismatch", "a value has the wrong type for its place";
    /// A comparison whose result is always the same.
    NEVER_EQUAL = "never-equal", "two values are compared that can never match";
    /// A pattern that is not a valid regular expression.
    INVALID_REGEX = "invalid-regex", "a pattern is not a regular expression";
}
