//! A name in the template of an e-mail that has no value.

use naftiko_diagnostics::{Code, Severity};

pub(crate) static CODE: Code = Code {
    id: "unknown-variable",
    severity: Severity::Error,
    summary: "the template of an e-mail reads an unknown name",
};
