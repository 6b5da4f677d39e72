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
    UNKNOWN_DOCUMENT_KIND = Error "unknown-document-kind" "the header does not say what kind of document this is";
    UNSUPPORTED_DOCUMENT_KIND = Error "unsupported-document-kind" "a kind of document that is known and cannot be read yet";
    UNKNOWN_EDITION = Error "unknown-edition" "`specificationVersion` is not an edition of this kind of document";
    WRONG_TYPE = Error "wrong-type" "a value is not of the type its key takes";
    MISSING_KEY = Error "missing-key" "a key that must be there is not";
    INVALID_VALUE = Error "invalid-value" "a value is of the right type and not one that its key takes";
    INVALID_SCHEMA = Error "invalid-schema" "a JSON Schema that is none";
    UNFIT_DEFAULT = Error "unfit-default" "a default that does not fit the schema of its input";
    UNFIT_OPTION = Error "unfit-option" "a value in the `enum` of an input that its other words refuse";
    LATER_EDITION = Error "later-edition" "a key of edition 0.2 in a document of edition 0.1";
    UNKNOWN_KEY = Error "unknown-key" "a key that means nothing here";
    IGNORED_KEY = Warning "ignored-key" "a key that means nothing in edition 0.1, where it is allowed and ignored";
    MISPLACED_KEY = Error "misplaced-key" "a key that means nothing beside what else is said there";
    MISSPELLED_KEYWORD = Error "misspelled-keyword" "an argument of a 0.1 step that looks like a keyword of steps";
    EXTERNAL_WITH_OPERATION = Error "external-with-operation" "a step that is done outside and has an operation";
    STEP_WITHOUT_WORK = Error "step-without-work" "a step that has no operation and is not done outside";
    LITERAL_TEMPLATE = Warning "literal-template" "a `${…}` where values are taken literally";
    INVALID_DURATION = Error "invalid-duration" "a text that is no duration";
}
