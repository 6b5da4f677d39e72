//! A filter, a test or a function that templates of e-mails do not have.

use naftiko_diagnostics::{Code, Severity};

pub(crate) static CODE: Code = Code {
    id: "unknown-filter",
    severity: Severity::Error,
    summary: "the template of an e-mail uses an unknown filter, test or function",
};
