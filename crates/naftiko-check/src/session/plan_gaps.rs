//! Which ignored errors leave a gap in the plan, so that the plan is withheld.

use naftiko_diagnostics::{Diagnostic, Severity};

/// The effect of an ignored error on the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// The plan holds everything that was written; the author may know better.
    Never,
    /// The plan holds everything that was written only if the finding says so
    /// ([`Diagnostic::is_taken_as_written`](naftiko_diagnostics::Diagnostic::is_taken_as_written)).
    Sometimes,
    /// The plan would lack something that was written, would be ambiguous, or would be rejected by every run.
    Always,
}

use Gap::{Always, Never, Sometimes};

/// Every error code that a comment can ignore.
const GAPS: &[(&str, Gap)] = &[
    // A value is not as it should be, but is sent or compared as written.
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
    // A foreign template is taken literally. An undeclared field is sent where the schema is open. An expression of
    // another type may match at run time, but a literal of another type is rejected by every run.
    ("foreign-template", Sometimes),
    ("unknown-argument", Sometimes),
    ("wrong-argument-type", Sometimes),
    // Every run rejects the value before anything is sent.
    ("unfit-argument", Always),
    // The intended meaning is ambiguous.
    ("ambiguous-argument", Always),
    ("ambiguous-place", Always),
    ("duplicate-argument", Always),
    ("duplicate-name", Always),
    ("duplicate-provider", Always),
    ("unclear-pages", Always),
    ("unfit-pages", Always),
    ("unfit-resource", Always),
    // Something that was written is missing from the plan, or there is nothing to plan.
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
    // The template of an e-mail cannot be rendered.
    ("template-syntax", Always),
    ("unknown-filter", Always),
    ("unknown-variable", Always),
    // A secret would be read from a setting of `naftiko`.
    ("reserved-variable", Always),
];

/// Whether an ignored finding is an error that leaves a gap in the plan. Codes without a row are warnings or syntax
/// errors.
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
        let errors = crate::codes::all().into_iter().filter(|code| code.severity == Severity::Error);
        let errors: BTreeSet<&str> = errors
            .map(|code| code.id)
            .filter(|id| !naftiko_syntax::CODES.iter().any(|known| known.id == *id))
            .collect();
        assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), errors);
        assert_eq!(rows.len(), errors.len());
    }
}
