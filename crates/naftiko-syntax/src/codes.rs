//! The diagnostic codes for texts, independent of the language of the document.

use naftiko_diagnostics::{Code, Severity};

/// All codes of this crate, ordered by name.
pub static CODES: &[&Code] = &[
    &ALIAS_BOMB,
    &BINARY_FILE,
    &DUPLICATE_KEY,
    &EMPTY_DOCUMENT,
    &INEXACT_NUMBER,
    &MULTIPLE_DOCUMENTS,
    &NON_STRING_KEY,
    &NOT_A_JSON_NUMBER,
    &NOT_UTF8,
    &TAG_MISMATCH,
    &TOO_DEEP,
    &TOO_LARGE,
    &UNDEFINED_ALIAS,
    &UNKNOWN_TAG,
    &YAML_1_1_WORD,
    &YAML_SYNTAX,
];

/// Aliases that expand without end, or far beyond any reasonable size.
pub static ALIAS_BOMB: Code = error("alias-bomb", "aliases expand to too many values");

/// A file that is not text.
pub static BINARY_FILE: Code = error("binary-file", "the file is not text");

/// A key that its mapping already has; the first one is used.
pub static DUPLICATE_KEY: Code = error("duplicate-key", "a mapping has the same key twice");

/// Nothing but comments, or nothing at all.
pub static EMPTY_DOCUMENT: Code = error("empty-document", "the file is empty");

/// An integer that a JSON number would round; it is read as text.
pub static INEXACT_NUMBER: Code =
    warning("inexact-number", "a number has more digits than a JSON number can represent");

/// A second document in the same file; it is not read.
pub static MULTIPLE_DOCUMENTS: Code = error("multiple-documents", "the file holds more than one document");

/// A key that is a list or a mapping, or is missing.
pub static NON_STRING_KEY: Code = error("non-string-key", "a key is not text");

/// `.inf`, `.nan`, or a number that overflows; it is read as text.
pub static NOT_A_JSON_NUMBER: Code = warning("not-a-json-number", "a number has no counterpart in JSON");

/// Bytes that are not UTF-8.
pub static NOT_UTF8: Code = error("not-utf8", "the file is not UTF-8");

/// A value that is not what its tag says; it is read as if untagged.
pub static TAG_MISMATCH: Code = error("tag-mismatch", "a value does not match its tag");

/// Values nested beyond the depth limit.
pub static TOO_DEEP: Code = error("too-deep", "values are nested too deeply");

/// More bytes or values than the limits allow.
pub static TOO_LARGE: Code = error("too-large", "the file is too large");

/// An alias without its anchor.
pub static UNDEFINED_ALIAS: Code = error("undefined-alias", "an alias names no anchor");

/// A tag that YAML's core schema does not define; the value is read as if untagged.
pub static UNKNOWN_TAG: Code = warning("unknown-tag", "an unknown tag is ignored");

/// A plain scalar that YAML 1.1 readers interpret differently. Reported by
/// [`ambiguous_scalars`](crate::ambiguous_scalars), not by reading.
pub static YAML_1_1_WORD: Code =
    Code { id: "yaml-1-1-word", severity: Severity::Note, summary: "YAML 1.1 reads a value differently" };

/// Text that is not YAML.
pub static YAML_SYNTAX: Code = error("yaml-syntax", "the text is not YAML");

const fn error(id: &'static str, summary: &'static str) -> Code {
    Code { id, severity: Severity::Error, summary }
}

const fn warning(id: &'static str, summary: &'static str) -> Code {
    Code { id, severity: Severity::Warning, summary }
}
