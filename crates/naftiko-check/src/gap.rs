//! Which ignored errors leave a gap in the plan: then there is no plan.

use naftiko_diagnostics::{Diagnostic, Severity};

/// What an ignored error means for the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// The plan holds everything that was written, and the author may know better.
    Never,
    /// The plan holds everything that was written if the finding says so
    /// ([`Diagnostic::is_taken_as_written`](naftiko_diagnostics::Diagnostic::is_taken_as_written)).
    Sometimes,
    /// The plan would lack something that was written, would not be clear, or would be refused by every run.
    Always,
}

use Gap::{Always, Never, Sometimes};

/// Every code that a comment can ignore and that is an error.
const GAPS: &[(&str, Gap)] = &[
    // A value is not what it should be, and is sent or compared all the same.
    ("endless-poll", Never),
    ("for-each-non-list", Never),
    ("literal-secret", Never),
    ("never-equal", Never),
    ("not-a-list", Never),
    ("not-an-object", Never),
    ("possibly-absent", Never),
    ("repeated-effect", Never),
    ("reserved-id", Never),
    ("sensitive-in-url", Never),
    ("sensitive-output", Never),
    ("sensitive-to-external", Never),
    ("sensitive-to-other-provider", Never),
    ("sensitive-to-unmarked-input", Never),
    ("type-mismatch", Never),
    ("unfit-answer", Never),
    ("unfit-default", Never),
    ("unfit-option", Never),
    ("unknown-field", Never),
    ("unlisted-operation", Never),
    ("wrong-output-type", Never),
    // A text is taken as it stands; an undeclared field is sent where the schema is open; and the value of an expression may
    // fit, while a literal of another type is refused by every run.
    ("foreign-template", Sometimes),
    ("unknown-argument", Sometimes),
    ("wrong-argument-type", Sometimes),
    // A run refuses it before anything is sent.
    ("unfit-argument", Always),
    // What was meant is not clear.
    ("ambiguous-argument", Always),
    ("ambiguous-place", Always),
    ("duplicate-argument", Always),
    ("duplicate-name", Always),
    ("duplicate-provider", Always),
    ("unclear-pages", Always),
    ("unfit-pages", Always),
    ("unfit-resource", Always),
    // Something that was written is not in the plan, or nothing is there to be planned.
    ("composition-cycle", Always),
    ("cycle", Always),
    ("expression-syntax", Always),
    ("external-with-operation", Always),
    ("invalid-duration", Always),
    ("invalid-regex", Always),
    ("invalid-schema", Always),
    ("invalid-url", Always),
    ("invalid-value", Always),
    ("later-edition", Always),
    ("later-step", Always),
    ("misplaced-key", Always),
    ("missing-argument", Always),
    ("missing-file", Always),
    ("missing-key", Always),
    ("misspelled-keyword", Always),
    ("no-capabilities", Always),
    ("not-openapi", Always),
    ("outside-path", Always),
    ("step-without-work", Always),
    ("template-in-expression", Always),
    ("unavailable-root", Always),
    ("unknown-capability", Always),
    ("unknown-dependency", Always),
    ("unknown-document-kind", Always),
    ("unknown-edition", Always),
    ("unknown-function", Always),
    ("unknown-input", Always),
    ("unknown-key", Always),
    ("unknown-name", Always),
    ("unknown-operation", Always),
    ("unknown-step", Always),
    ("unsupported-authentication", Always),
    ("unsupported-document-kind", Always),
    ("wrong-argument-count", Always),
    ("wrong-document", Always),
    ("wrong-type", Always),
    // No text can be made of the template of an e-mail.
    ("template-syntax", Always),
    ("unknown-filter", Always),
    ("unknown-variable", Always),
    // A secret would be read from a setting of `naftiko`.
    ("reserved-variable", Always),
];

/// Whether an ignored finding is an error that leaves a gap in the plan. A code without a row is of a text that cannot be read,
/// or is a warning.
pub(crate) fn withholds_plan(ignored: &Diagnostic) -> bool {
    if ignored.severity() != Severity::Error {
        return false;
    }
    match GAPS.iter().find(|(id, _)| *id == ignored.code.id) {
        Some((_, Never)) => false,
        Some((_, Sometimes)) => !ignored.is_taken_as_written,
        Some((_, Always)) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_error_that_can_be_ignored_has_one_row() {
        let rows: Vec<&str> = GAPS.iter().map(|(id, _)| *id).collect();
        let errors = crate::codes().into_iter().filter(|code| code.severity == Severity::Error);
        let errors: BTreeSet<&str> = errors
            .map(|code| code.id)
            .filter(|id| !naftiko_syntax::CODES.iter().any(|known| known.id == *id))
            .collect();
        assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), errors);
        assert_eq!(rows.len(), errors.len());
    }
}
