//! The diagnostic codes for the shape of documents.

use naftiko_diagnostics::{Code, Severity};

macro_rules! codes {
    ($($name:ident = $severity:ident $id:literal $summary:literal;)*) => {
        $(pub(crate) static $name: Code = Code { id: $id, severity: Severity::$severity, summary: $summary };)*
        /// Every code of this crate.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    UNKNOWN_DOCUMENT_KIND = Error "unknown-document-kind" "the header does not determine the kind of the \
                                                           document";
    UNSUPPORTED_DOCUMENT_KIND = Error "unsupported-document-kind" "this kind of document is not supported \
        yet";
    UNKNOWN_EDITION = Error "unknown-edition" "`specificationVersion` is not an edition of this kind of document";
    WRONG_TYPE = Error "wrong-type" "a value has the wrong type for its key";
    MISSING_KEY = Error "missing-key" "a required key is missing";
    INVALID_VALUE = Error "invalid-value" "a value is not allowed for its key";
    INVALID_SCHEMA = Error "invalid-schema" "a value is not a JSON Schema";
    UNFIT_DEFAULT = Error "unfit-default" "a default that does not fit the schema of its input";
    UNFIT_OPTION = Error "unfit-option" "a value in the `enum` of an input violates its `type`, `pattern` or \
                                         `format`";
    LATER_EDITION = Error "later-edition" "a key of edition 0.2 in a document of edition 0.1";
    UNKNOWN_KEY = Error "unknown-key" "an unknown key";
    IGNORED_KEY = Warning "ignored-key" "an unknown key, which edition 0.1 ignores";
    MISPLACED_KEY = Error "misplaced-key" "a key has no effect together with the other keys";
    MISSPELLED_KEYWORD = Error "misspelled-keyword" "an argument looks like a misspelled key of a step";
    EXTERNAL_WITH_OPERATION = Error "external-with-operation" "a step is external and has an operation";
    STEP_WITHOUT_WORK = Error "step-without-work" "a step has no `operation`, `external` or `composition`";
    LITERAL_TEMPLATE = Warning "literal-template" "a `${…}` where values are literal";
    INVALID_DURATION = Error "invalid-duration" "a text is not a duration";
}
