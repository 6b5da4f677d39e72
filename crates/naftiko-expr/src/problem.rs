//! What can be wrong with an expression, and the codes for it.

use std::ops::Range;

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Span};

/// A mistake in an expression or template. Ranges are bytes of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake.
    pub code: &'static Code,
    /// The exact place.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What is to be seen at the place.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A text that mends it, and where it goes. Boxed, so that a result with a problem stays small.
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

    /// Whether the text has the template syntax of another tool.
    pub fn is_foreign_template(&self) -> bool {
        self.code == &FOREIGN_TEMPLATE
    }

    /// The same problem in a text in which this one begins at byte `offset`.
    #[must_use]
    pub fn shifted(mut self, offset: usize) -> Self {
        let shift = |range: Range<usize>| range.start + offset..range.end + offset;
        self.range = shift(self.range);
        self.replacement =
            self.replacement.map(|replacement| Box::new((shift(replacement.0), replacement.1)));
        self
    }

    /// The diagnostic, once somebody knows where the text stands.
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

/// A slip of syntax has one meaning; a name that is near is a guess.
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
    /// The text is not an expression.
    EXPRESSION_SYNTAX = "expression-syntax", "a text is not an expression of the language";
    /// The template syntax of another tool.
    FOREIGN_TEMPLATE = "foreign-template", "a template is written as another tool writes it";
    /// `${…}` where an expression stands bare.
    TEMPLATE_IN_EXPRESSION = "template-in-expression", "`${…}` stands where an expression is expected";
    /// No such function.
    UNKNOWN_FUNCTION = "unknown-function", "a function does not exist";
    /// Too many or too few arguments.
    WRONG_ARGUMENT_COUNT = "wrong-argument-count", "a function is given too many or too few arguments";
    /// No such field.
    UNKNOWN_FIELD = "unknown-field", "a field does not exist in the schema of the value it is read from";
    /// No such step.
    UNKNOWN_STEP = "unknown-step", "a step does not exist";
    /// No such input.
    UNKNOWN_INPUT = "unknown-input", "an input does not exist";
    /// A root that exists elsewhere.
    UNAVAILABLE_ROOT = "unavailable-root", "`item`, `index`, `response` or `run` is read where there is none";
    /// An index into, or a filter of, something else than a list.
    NOT_A_LIST = "not-a-list", "something other than a list is read as one";
    /// A field of something else than an object.
    NOT_AN_OBJECT = "not-an-object", "a field is read of something other than an object";
    /// A value of one type where another is needed.
    TYPE_MISMATCH = "type-mismatch", "a value has another type than its place needs";
    /// A comparison whose answer is always the same.
    NEVER_EQUAL = "never-equal", "two values are compared that can never match";
    /// A pattern that is none.
    INVALID_REGEX = "invalid-regex", "a pattern is not a regular expression";
}
