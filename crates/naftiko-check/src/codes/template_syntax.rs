//! A template of an e-mail that cannot be parsed.

use naftiko_diagnostics::{Code, Severity};

pub(crate) static CODE: Code = Code {
    id: "template-syntax",
    severity: Severity::Error,
    summary: "the template of an e-mail has a syntax error",
};
